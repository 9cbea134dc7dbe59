#include "inspect/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <regex>
#include <set>

#include "inspect/report/style.h"
#include "inspect/sample_system.h"
#include "page/contrast.h"
#include "page/html.h"
#include "policy/policy.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class ReportPage : public testing::Test {
 protected:
  ReportPage() { make_sample_system(root_); }

  Report report() {
    Report report{.system = read_reported_system({.target = root_})};
    const auto policy = policy::parse_policy(
        "policy: keelson/1\nname: sample\nrules:\n"
        "  - {id: kernel, fact: versions.kernel, versionAtLeast: \"6.6\"}\n"
        "  - {id: nobody, fact: os.id, equals: debian, reason: \"because <b>\"}\n",
        "sample.yaml");
    report.verdicts.push_back(policy::judge(policy, report.system.facts, {}));
    return report;
  }

  // What every element opens it closes, in order; HTML's void elements aside.
  static void expect_nested(const std::string& html) {
    const std::regex tag("<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>");
    const std::set<std::string> without_end{"meta"};
    std::vector<std::string> open;
    const auto begin = html.find("</style>");
    for (auto i = std::sregex_iterator(html.begin() + static_cast<std::ptrdiff_t>(begin) + 8, html.end(), tag);
         i != std::sregex_iterator(); ++i) {
      const std::string name = (*i)[2];
      if ((*i)[3].length() > 0 || without_end.contains(name)) continue;
      if ((*i)[1].length() == 0) {
        open.push_back(name);
      } else if (name != "head" && name != "html") {
        ASSERT_FALSE(open.empty()) << name;
        ASSERT_EQ(open.back(), name) << html.substr(static_cast<std::size_t>(i->position()), 200);
        open.pop_back();
      }
    }
    EXPECT_TRUE(open.empty());
  }

  TempDir folder_{"report-test"};
  fs::path root_ = folder_.path() / "sample-image";
};

TEST_F(ReportPage, ShowsWhatIsInTheImage) {
  const std::string html = report_html(report());
  EXPECT_THAT(html, HasSubstr("<h1>Report of <code>sample-image</code></h1>"));
  EXPECT_THAT(html, HasSubstr("Sample 13"));
  EXPECT_THAT(html, HasSubstr("<td>host 7</td>"));
  EXPECT_THAT(html, HasSubstr("6.12.10-cloud"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"row\">containerd</th><td><code>1:1.7.24~ds1-6+b4</code></td>"));
  EXPECT_THAT(html, Not(HasSubstr(">gone<")));
  EXPECT_THAT(html, HasSubstr("<code>/usr/lib</code>"));
  EXPECT_THAT(html, HasSubstr("did not pass"));
  EXPECT_THAT(html, HasSubstr("because &lt;b&gt;"));
  EXPECT_THAT(html, Not(HasSubstr(folder_.path().native())));
}

TEST_F(ReportPage, IsTheSameForTheSameImage) { EXPECT_EQ(report_html(report()), report_html(report())); }

TEST_F(ReportPage, CanBeReadWithoutSeeingIt) {
  const std::string html = report_html(report());
  expect_nested(html);
  for (const char* part : {"<html lang=\"en\">", "<a class=\"skip\" href=\"#main\">", "<header>", "<nav aria-label=",
                           "<main id=\"main\"", "<footer", "role=\"img\" aria-labelledby=\"map-title map-text\""})
    EXPECT_THAT(html, HasSubstr(part));
  // Headings go down one level at a time; every cell of a table has its headings.
  int level = 0;
  const std::regex heading("<h([1-6])");
  for (auto i = std::sregex_iterator(html.begin(), html.end(), heading); i != std::sregex_iterator(); ++i) {
    const int next = std::stoi((*i)[1]);
    EXPECT_LE(next, level + 1);
    level = next;
  }
  EXPECT_THAT(html, Not(testing::ContainsRegex("<th[^>e]*>")));
  // What the contents lead to is there, once.
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]*)\""), link("href=\"#([^\"]*)\"");
  for (auto i = std::sregex_iterator(html.begin(), html.end(), id); i != std::sregex_iterator(); ++i)
    EXPECT_TRUE(ids.insert((*i)[1]).second) << (*i)[1];
  for (auto i = std::sregex_iterator(html.begin(), html.end(), link); i != std::sregex_iterator(); ++i)
    EXPECT_TRUE(ids.contains((*i)[1])) << (*i)[1];
}

TEST_F(ReportPage, NothingOfAnImageBecomesActive) {
  const std::string evil = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>\xff\x1b[31m";
  put_file(root_, "usr/lib/os-release", "ID=x\nPRETTY_NAME='<script>alert(3)</script>'\nIMAGE_ID=\"<b onclick=x>\"\n");
  put_file(root_, "srv/\"><svg onload=alert(4)>/large", std::string(1 << 20, 'x'));
  Report page = report();
  page.system.name = evil;
  page.system.packages.push_back({.name = evil, .version = evil, .architecture = evil, .source = evil + "s"});
  page.system.facts["disk"] = {{"format", evil}, {"partitions", {{{"label", evil}, {"type", 5}}, 7}}};
  page.system.facts["inspection"]["notes"] = {evil, 3};
  page.system.facts["ukis"] = {evil, {{"path", evil}, {"signatures", evil}}};
  page.verdicts[0].policy = evil;
  page.verdicts[0].rows[0].actual = evil;
  const std::string html = report_html(page);
  expect_nested(html);
  for (const char* active : {"<script", "<img", "<b ", "<svg on", "http:", "https:", "javascript:", "url(", "@import"})
    EXPECT_THAT(html, Not(HasSubstr(active))) << active;
  EXPECT_THAT(html, HasSubstr("&quot;'&gt;&lt;script&gt;alert(1)"));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
}

TEST_F(ReportPage, LongListsAreCutAndCounted) {
  Report page = report();
  page.system.packages.assign(200'000, {.name = std::string(5000, 'n'), .version = "1", .source = "s"});
  page.verdicts[0].rows.assign(50'000, page.verdicts[0].rows[1]);
  const std::string html = report_html(page);
  EXPECT_LT(html.size(), 8u << 20);
  EXPECT_THAT(html, HasSubstr("200000 packages installed"));
  EXPECT_THAT(html, HasSubstr("195000 more, not shown here."));
  EXPECT_THAT(html, HasSubstr("48000 more, not shown here."));
}

TEST(ReportStyle, TextStandsOutInLightAndInDark) {
  const std::string page = page::html_head("x"), style(kReportStyle);
  for (const bool dark : {false, true}) {
    const auto half = [&](const std::string& css) {
      const auto middle = css.find("prefers-color-scheme: dark");
      return page::colours_of(dark ? css.substr(middle) : css.substr(0, middle));
    };
    const auto colours = half(style);
    for (const char* name : {"ca", "cb", "cc", "cd", "ce", "cf", "cg", "ch", "rest"})
      EXPECT_GE(page::contrast(colours.at("ink"), colours.at(name)), 4.5) << name;
    EXPECT_GE(page::contrast(colours.at("link"), half(page).at("page")), 4.5);
    EXPECT_GE(page::contrast(colours.at("edge"), half(page).at("page")), 3);  // of what is no text: 1.4.11
  }
}

// As `keelson boot --facts`, `cves --json` and `diff --json` print them.
nlohmann::json boot_facts() {
  return nlohmann::json::parse(R"({
    "schema": "keelson-facts/1",
    "boot": {"firmware": 1.5, "loader": 0.5, "kernel": 2, "userspace": 6, "total": 10},
    "machine": {"accelerator": "tcg", "qemu": "7.2.0", "reached": {"kernel": 3.1, "login": 14.2}},
    "hardening": {"score": 95.2, "passed": 20, "failed": 1, "notApplicable": 3, "checks": [
      {"id": "cis-1", "title": "Core dumps", "source": "CIS", "result": "fail", "observed": "on", "wanted": "off", "changeable": true},
      {"id": "cis-2", "title": "Fine", "source": "CIS", "result": "pass", "observed": "1", "wanted": "1", "changeable": true}]}})");
}

nlohmann::json vulnerabilities() {
  return nlohmann::json::parse(R"({
    "feeds": [{"file": "tracker.json", "kind": "debian-tracker", "date": "2026-11-20T12:00:00Z", "records": 9}],
    "totals": {"vulnerable": 2, "fixable": 1, "suppressed": 1, "byUrgency": {"high": 1, "unimportant": 1}},
    "findings": [
      {"id": "CVE-2026-0001", "source": "curl", "installedVersion": "8-1", "status": "fixed-in", "fixedVersion": "8-2", "urgency": "high"},
      {"id": "CVE-2026-0002", "source": "bash", "installedVersion": "5-1", "status": "no-fix-yet", "fixedVersion": null, "urgency": "unimportant"},
      {"id": "CVE-2026-0003", "source": "zlib", "installedVersion": "1-1", "status": "open", "fixedVersion": null, "urgency": "low",
       "suppressed": {"status": "not_affected", "justification": "code_not_reachable", "statement": "by us"}}]})");
}

nlohmann::json differences() {
  return nlohmann::json::parse(R"({
    "before": {"name": "/somewhere/october.raw"}, "same": false, "notes": [],
    "packages": [{"name": "curl", "change": "upgraded", "from": "8-0", "to": "8-1"}],
    "facts": [{"fact": "kernel.commandLine", "from": "a", "to": "b", "why": "what the kernel is told at boot"},
              {"fact": "units.enabled", "removed": [], "added": ["x.service"]}],
    "files": {"byPackage": {"curl": [{"change": "changed", "path": "/usr/bin/curl", "what": ["content"], "bytes": [1, 2]}]},
              "modified": {"dpkg": [{"change": "changed", "path": "/etc/cron.daily", "what": ["mode"], "details": "0755 → 0700"}]},
              "unowned": [{"change": "added", "path": "/etc/foreign"}], "setAside": {"logs": 3}, "leftOut": 0, "bytes": 1}})");
}

TEST_F(ReportPage, ShowsWhatOthersSayOfTheImage) {
  const std::string plain = report_html(report());
  for (const char* id : {"id=\"boot\"", "id=\"hardening\"", "id=\"vulnerabilities\"", "id=\"differences\""})
    EXPECT_THAT(plain, Not(HasSubstr(id)));
  Report page = report();
  page.boot_facts = boot_facts();
  page.vulnerabilities = vulnerabilities();
  page.differences = differences();
  const std::string html = report_html(page);
  expect_nested(html);
  for (const char* part : {"<th scope=\"row\">User space</th><td>6.0 s</td>", "<b>10.0 s</b> boot",
                           "<th scope=\"row\">Login prompt</th><td>14.2 s</td>", "Its processor is emulated",
                           "<b>95.2 %</b> hardening", "Core dumps", "fixed in <code>8-2</code>", "code_not_reachable",
                           "<b>2</b> known vulnerabilities", "<code>october.raw</code>", "0755 → 0700",
                           "<code>/etc/foreign</code>", "what the kernel is told at boot", "x.service"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_THAT(html, Not(HasSubstr("/somewhere")));
  EXPECT_THAT(html, Not(HasSubstr(">Fine<")));
}

// Each value of a document made into something else: another type, or text that wants to be more.
void spoil(const nlohmann::json& whole, const nlohmann::json::json_pointer& here,
           const std::function<void(const nlohmann::json&)>& look) {
  for (const char* text :
       {R"("<script>alert(1)</script>")", "null", "-1", "1e300", "[[], 5, \"x\"]", R"({"a<b": {}})"}) {
    nlohmann::json spoilt = whole;
    spoilt[here] = nlohmann::json::parse(text);
    look(spoilt);
  }
  const auto& value = whole.at(here);
  if (!value.is_structured()) return;
  for (const auto& [key, below] : value.items())
    spoil(whole, value.is_array() ? here / std::stoul(key) : here / key, look);
}

TEST_F(ReportPage, DocumentsMayLie) {
  Report page{.system = {.name = "x", .facts = {{"schema", "keelson-facts/1"}}}};
  const auto look = [&] {
    const std::string html = report_html(page);
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_TRUE(html.ends_with("</html>\n"));
  };
  spoil(boot_facts(), nlohmann::json::json_pointer(),
        [&](const nlohmann::json& spoilt) { page.boot_facts = spoilt, look(); });
  spoil(vulnerabilities(), nlohmann::json::json_pointer(),
        [&](const nlohmann::json& spoilt) { page.vulnerabilities = spoilt, look(); });
  spoil(differences(), nlohmann::json::json_pointer(),
        [&](const nlohmann::json& spoilt) { page.differences = spoilt, look(); });
}

SpaceFolder counted(const std::vector<ListedFile>& files) {
  SpaceCounter counter;
  for (const auto& file : files) counter.add(file);
  return counter.result();
}

TEST(Space, FolderSizesAreThoseOfTheirFiles) {
  const FileSystem* one = nullptr;
  const auto file = [&](std::string path, std::uint64_t bytes, NodeId id, std::uint32_t links = 1) {
    return ListedFile{std::move(path), one, {.id = id, .links = links, .size = {bytes}}};
  };
  const auto root = counted({file("/top", 1, 1), file("/usr/a/b/c/deep", 100, 2), file("/usr/a/x", 10, 3, 2),
                             file("/usr/y", 10, 3, 2), file("/var/z", ~std::uint64_t{0}, 4)});
  EXPECT_EQ(root.bytes, ~std::uint64_t{0});  // no wrapping
  EXPECT_EQ(root.files, 5u);
  ASSERT_EQ(root.folders.size(), 2u);
  EXPECT_EQ(root.folders[0].name, "var");
  const auto& usr = root.folders[1];
  EXPECT_EQ(usr.bytes, 110u);  // the file with two names counts once
  EXPECT_EQ(usr.folders[0].folders[0].name, "b");
  EXPECT_TRUE(usr.folders[0].folders[0].folders.empty());
}

TEST(Space, ManyFoldersAreCut) {
  std::vector<ListedFile> files;
  for (int i = 0; i < 250'000; ++i)
    files.push_back(
        {"/d" + std::to_string(i % 1000) + "/e" + std::to_string(i) + "/f", nullptr, {.id = 1, .size = {1}}});
  const auto root = counted(files);
  EXPECT_EQ(root.bytes, 250'000u);
  EXPECT_EQ(root.folders.size(), 60u);
  EXPECT_EQ(root.folders[0].bytes, 250u);
}

}  // namespace
}  // namespace keelson::inspect
