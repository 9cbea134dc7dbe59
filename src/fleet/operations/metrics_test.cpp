#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include "fleet/operations/controller_metrics.h"

namespace keelson::fleet {
namespace {

TEST(MetricFamilies, AreWrittenInTheTextFormat) {
  MetricRegistry registry;
  Counters<1> evictions(registry, "evictions_total", "Evictions", {"outcome"});
  Gauges<0> leader(registry, "leader", "Leads", {});
  Histograms<0> seconds(registry, "seconds", "Time", {}, {0.5, 1});
  evictions.count("evicted");
  evictions.count("evicted");
  leader.set(1);
  seconds.observe(0.7);
  EXPECT_EQ(registry.exposition(),
            "# HELP evictions_total Evictions\n# TYPE evictions_total counter\n"
            "evictions_total{outcome=\"evicted\"} 2\n"
            "# HELP leader Leads\n# TYPE leader gauge\nleader 1\n"
            "# HELP seconds Time\n# TYPE seconds histogram\n"
            "seconds_count 1\nseconds_sum 0.7\n"
            "seconds_bucket{le=\"0.5\"} 0\nseconds_bucket{le=\"1\"} 1\nseconds_bucket{le=\"+Inf\"} 1\n");
}

TEST(MetricFamilies, EscapeWhatLabelsHold) {
  MetricRegistry registry;
  Gauges<1> gauge(registry, "g", "G", {"name"});
  gauge.set(1, "a\"b\\c\nd\x1b\xff");
  const auto page = registry.exposition();
  EXPECT_NE(page.find("g{name=\"a\\\"b\\\\c\\nd??\"} 1\n"), std::string::npos) << page;
}

TEST(MetricFamilies, AreInOrder) {
  MetricRegistry registry;
  Gauges<1> last(registry, "z", "Z", {"name"});
  Gauges<1> first(registry, "a", "A", {"name"});
  for (int i = 99; i >= 10; --i) last.set(1, std::to_string(i));
  first.set(1, "x");
  std::istringstream lines(registry.exposition());
  std::vector<std::string> series;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) series.push_back(line);
  }
  EXPECT_EQ(series.size(), 91U);
  EXPECT_TRUE(std::ranges::is_sorted(series));
}

TEST(MetricFamilies, NoPageShowsHalfOfAReplacement) {
  MetricRegistry registry;
  Gauges<1> gauge(registry, "g", "G", {"name"});
  gauge.replace({{{"a"}, 1}, {{"b"}, 1}});
  std::jthread other([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      const double value = i;
      gauge.replace({{{"a"}, value}, {{i % 2 == 0 ? "b" : "c"}, value}});
    }
  });
  const std::regex value(R"(\} (\d+))");
  for (int i = 0; i < 200; ++i) {
    const auto page = registry.exposition();
    std::vector<std::string> values;
    for (std::sregex_iterator one(page.begin(), page.end(), value), end; one != end; ++one) values.push_back((*one)[1]);
    ASSERT_EQ(values.size(), 2U) << page;
    EXPECT_EQ(values[0], values[1]) << page;
  }
}

TEST(MetricFamilies, CountFromSeveralThreads) {
  MetricRegistry registry;
  Counters<1> counter(registry, "c_total", "C", {"name"});
  Histograms<1> histogram(registry, "h", "H", {"name"}, {1, 2});
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          counter.count(i % 2 == 0 ? "even" : "odd");
          histogram.observe(i, "x");
        }
      });
    }
  }
  EXPECT_EQ(counter.value("even"), 2000);
  EXPECT_NE(registry.exposition().find("h_count{name=\"x\"} 4000"), std::string::npos);
}

TEST(ControllerMetrics, AreNamedAsPrometheusAsks) {
  ControllerMetrics metrics;
  for (const auto& one : metrics.registry.definitions()) {
    EXPECT_TRUE(std::regex_match(one.name, std::regex("[a-z][a-z0-9_]*"))) << one.name;
    EXPECT_TRUE(one.name.starts_with("keelson_") || one.name.starts_with("process_")) << one.name;
    EXPECT_EQ(one.name.ends_with("_total"), one.kind == MetricKind::Counter) << one.name;
    EXPECT_EQ(one.kind == MetricKind::Histogram, !one.buckets.empty()) << one.name;
    EXPECT_TRUE(std::ranges::is_sorted(one.buckets)) << one.name;
    EXPECT_TRUE(one.kind != MetricKind::Histogram || one.name.ends_with("_seconds")) << one.name;
    for (const auto& label : one.labels) EXPECT_NE(label, "le") << one.name;
    EXPECT_FALSE(one.help.empty() || one.help.ends_with('.')) << one.name;
  }
}

TEST(ControllerMetrics, TellOfTheProcess) {
  ControllerMetrics metrics;
  const auto page = metrics.exposition();
  EXPECT_NE(page.find("keelson_build_info{version=\""), std::string::npos) << page;
  EXPECT_NE(page.find("\nkeelson_leader 0\n"), std::string::npos) << page;
  EXPECT_NE(page.find("\nkeelson_decisions_total 0\n"), std::string::npos) << page;
  EXPECT_GT(metrics.process_resident_memory.value(), 1U << 20);
  EXPECT_GE(metrics.process_open_fds.value(), 3);
  EXPECT_GT(metrics.process_start_time.value(), 1'700'000'000);
}

// ---- the page -----------------------------------------------------------------------------------------------------

constexpr std::string_view kBegin = "<!-- metrics:begin -->\n";
constexpr std::string_view kEnd = "<!-- metrics:end -->\n";

std::string as_table(const std::vector<MetricDefinition>& definitions) {
  std::ostringstream table;
  table << "| name | kind | labels | what it tells |\n|---|---|---|---|\n";
  for (const auto& one : definitions) {
    table << "| `" << one.name << "` | " << metric_kind_name(one.kind) << " | ";
    for (std::size_t i = 0; i < one.labels.size(); ++i) table << (i == 0 ? "" : ", ") << '`' << one.labels[i] << '`';
    table << (one.labels.empty() ? "" : " ") << "| " << one.help << " |\n";
  }
  return table.str();
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ControllerMetrics, AreTheOnesThatTheReferenceLists) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  ASSERT_NE(source, nullptr) << "run it with ctest";
  const auto path = std::string(source) + "/docs/reference/metrics.md";
  const auto page = file_text(path);
  const auto begin = page.find(kBegin);
  const auto end = page.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << path << " lost its markers";
  const auto before = begin + kBegin.size();
  const auto wanted = page.substr(0, before) + as_table(ControllerMetrics().registry.definitions()) + page.substr(end);
  if (std::getenv("KEELSON_ACCEPT") != nullptr && page != wanted) {
    std::ofstream(path, std::ios::binary) << wanted;
    GTEST_SKIP() << path << " was written anew";
  }
  EXPECT_EQ(page, wanted) << "rewrite it: KEELSON_ACCEPT=1 ctest -R unit.fleet_operations";
}

}  // namespace
}  // namespace keelson::fleet
