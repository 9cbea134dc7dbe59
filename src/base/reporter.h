/// Progress: how a library says what it does, without knowing whether a person, a log or a program listens.
/// Implementations (terminal bars, plain lines, JSON events) live in cli/. All methods may be called from any
/// thread; implementations lock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keelson {

class Reporter {
 public:
  /// What a step's counts are counts of.
  enum class Unit { Items, Bytes };
  using StepId = std::uint64_t;

  virtual ~Reporter() = default;

  /// A step begins. `total` 0: not known. `what` is a verb phrase: "fetching packages".
  virtual StepId begin(std::string_view what, std::uint64_t total, Unit unit) = 0;
  /// `done` of the total is done now (absolute, not an increment).
  virtual void advance(StepId step, std::uint64_t done) = 0;
  /// The step is over; `result` is a short remark ("151 packages, 0 downloaded") or "".
  virtual void end(StepId step, std::string_view result) = 0;
  /// Something worth knowing that is no progress; shown with --verbose only.
  virtual void detail(std::string_view text) = 0;
  /// Something the user should know although the work goes on.
  virtual void warn(std::string_view text) = 0;
};

/// Says nothing: for tests and for --quiet.
class SilentReporter final : public Reporter {
 public:
  StepId begin(std::string_view, std::uint64_t, Unit) override { return 0; }
  void advance(StepId, std::uint64_t) override {}
  void end(StepId, std::string_view) override {}
  void detail(std::string_view) override {}
  void warn(std::string_view) override {}
};

/// One step, ended when it goes out of scope.
class Step {
 public:
  Step(Reporter& reporter, std::string_view what, std::uint64_t total = 0, Reporter::Unit unit = Reporter::Unit::Items)
      : reporter_(reporter), id_(reporter.begin(what, total, unit)) {}
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  ~Step() { reporter_.end(id_, result_); }

  void advance(std::uint64_t done) { reporter_.advance(id_, done); }
  void set_result(std::string result) { result_ = std::move(result); }

 private:
  Reporter& reporter_;
  Reporter::StepId id_;
  std::string result_;
};

}  // namespace keelson
