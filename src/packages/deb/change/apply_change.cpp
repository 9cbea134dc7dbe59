#include "packages/deb/change/apply_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "packages/deb/change/byproducts.h"
#include "packages/deb/change/marks.h"
#include "packages/deb/install/script_runner.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kMarksFile = "var/lib/apt/extended_states";
constexpr std::string_view kDebFolder = "var/lib/dpkg/keelson-debs";
// man-db's trigger makes an index, in an order that differs; a timer makes it anew on a running system.
constexpr std::string_view kManIndexer = "usr/bin/mandb";

/// One change of one tree, step by step. Our files go from the tree with the object.
class Application {
 public:
  Application(const RootDir& root, const PackageChange& change, const ApplyOptions& options)
      : root_(root),
        change_(change),
        options_(options),
        runner_(root, {.epoch = options.epoch, .timeout = options.timeout, .environment = {"UCF_FORCE_CONFFOLD=1"}}),
        files_(root) {
    stand_in({std::string(kServicePolicyFile), std::string(kServicePolicy)});
  }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  void remove() {
    if (change_.remove.empty()) return;
    // What still needs one of them gets another in a moment: the resolver saw to that.
    auto arguments = dpkg({"--no-triggers", "--force-depends", "--remove"});
    arguments.insert(arguments.end(), change_.remove.begin(), change_.remove.end());
    run(std::move(arguments), "remove packages", binds_for_scripts());
  }

  // Unpacks as many as possible at once: until one comes that needs others configured.
  void unpack(Step& step) {
    std::vector<const LockedPackage*> together;
    std::size_t done = 0;
    for (const auto& package : change_.install) {
      if (const auto first = change_.configure_before.find(package.name); first != change_.configure_before.end()) {
        unpack(together);
        together.clear();
        auto arguments = dpkg({"--no-triggers", "--configure"});
        arguments.insert(arguments.end(), first->second.begin(), first->second.end());
        run(std::move(arguments), "configure packages", binds_for_scripts());
        step.advance(done);
      }
      together.push_back(&package);
      ++done;
    }
    unpack(together);
  }

  void configure() {
    // Programs may have come with the packages just unpacked.
    for (const auto& shortcut : find_shortcuts(root_)) stand_in(shortcut);
    for (const auto& path : placeholder_files(root_)) files_.add_at(path, "");
    run(dpkg({"--configure", "--pending"}), "configure packages", binds_for_scripts());
  }

 private:
  // Where two runs could differ, and where a person would be asked, the image's own version stays.
  static std::vector<std::string> dpkg(std::vector<std::string> more) {
    std::vector<std::string> all{"/usr/bin/dpkg", "--force-unsafe-io", "--force-confdef", "--force-confold",
                                 "--log=/dev/null"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  void unpack(const std::vector<const LockedPackage*>& packages) {
    if (packages.empty()) return;
    root_.make_folders(kDebFolder);
    {
      TemporaryFiles places(root_);
      ScriptBinds binds = binds_for_unpacking();
      auto arguments = dpkg({"--no-triggers", "--force-depends", "--auto-deconfigure", "--unpack"});
      for (const auto* package : packages) {
        const std::string place = fmt::format("{}/{}_{}.deb", kDebFolder, package->name, package->architecture);
        places.add_at(place, "");
        binds.emplace_back(options_.deb_path(*package), place);
        arguments.push_back("/" + place);
      }
      run(std::move(arguments), "unpack packages", binds);
    }
    root_.remove(kDebFolder);
  }

  void run(std::vector<std::string> arguments, std::string_view doing, const ScriptBinds& binds) {
    TemporaryFiles settings(root_);
    for (const auto& setting : initrd_settings(root_)) settings.add_at(setting.path, setting.content);
    std::vector<std::string> all;
    if (options_.devices) all = with_device_links(*options_.devices);
    all.insert(all.end(), arguments.begin(), arguments.end());
    runner_.run(std::move(all), doing, binds);
  }

  // What is bound to a file keeps dpkg from replacing or removing that file, so each step has only what it needs.
  ScriptBinds binds_for_scripts() {
    for (const auto& program : boot_stand_ins(root_, options_.devices)) stand_in(program);
    if (root_.exists(kManIndexer)) stand_in({std::string(kManIndexer), "#!/bin/sh\nexit 0\n"});
    ScriptBinds binds;
    for (const auto& [path, source] : stand_ins_) {
      if (root_.exists(path) && !is_removed(path)) binds.emplace_back(source, path);
    }
    return binds;
  }

  ScriptBinds binds_for_unpacking() const {
    ScriptBinds binds;
    if (const auto policy = stand_ins_.find(std::string(kServicePolicyFile)); policy != stand_ins_.end())
      binds.emplace_back(policy->second, policy->first);
    return binds;
  }

  // Whether one of the packages that go has the file. Some list a path as it was before /usr was merged.
  bool is_removed(const std::string& path) const {
    const std::string line = fmt::format("/{}\n", path);
    const std::string unmerged = path.starts_with("usr/") ? line.substr(4) : line;
    return std::any_of(change_.remove.begin(), change_.remove.end(), [&](const std::string& name) {
      for (const auto& file : {name, fmt::format("{}:{}", name, change_.architecture)}) {
        const auto list = root_.find_text(fmt::format("var/lib/dpkg/info/{}.list", file));
        if (list && (list->find(line) != std::string::npos || list->find("\n" + unmerged) != std::string::npos))
          return true;
      }
      return false;
    });
  }

  // From here on, `program.content` is what scripts find at its path.
  void stand_in(const StandIn& program) {
    if (stand_ins_.count(program.path) != 0) return;
    if (!root_.exists(program.path)) {
      if (program.path == kServicePolicyFile) files_.add_at(program.path, program.content);
      return;
    }
    stand_ins_.emplace(program.path, root_.host_path() / files_.add(program.content));
  }

  const RootDir& root_;
  const PackageChange& change_;
  const ApplyOptions& options_;
  ScriptRunner runner_;
  TemporaryFiles files_;
  std::map<std::string, std::filesystem::path> stand_ins_;  // path in the image to our file
};

}  // namespace

void apply_change(const RootDir& root, const PackageChange& change, const ApplyOptions& options, Reporter& reporter) {
  const std::string before = root.find_text(kMarksFile).value_or("");
  const std::string marks = changed_marks(before, change);
  if (!change.empty()) {
    Step step(reporter, "changing packages", change.install.size() + change.remove.size());
    const Byproducts byproducts(root);
    {
      Application application(root, change, options);
      application.remove();
      application.unpack(step);
      application.configure();
    }
    step.set_result(fmt::format("{} installed, {} removed", change.install.size(), change.remove.size()));
    if (marks != before) {
      root.make_folders("var/lib/apt");
      root.write(kMarksFile, marks);
    }
    byproducts.put_back(options.epoch);
  } else if (marks != before) {
    root.write(kMarksFile, marks);
  }
}

}  // namespace keelson::deb
