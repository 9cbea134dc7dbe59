#include "net/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <thread>

#include "net/transfer.h"

namespace keelson::net {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostTransfers = 32;            // at the same time, over all hosts, pauses included
constexpr std::uint64_t kProgressGrain = 256 * 1024;  // bytes between two calls of the reporter

// libcurl wants this once per process, before anything else; it is never undone, as others may use it too.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw Error(ErrorKind::Internal, "cannot start libcurl");
}

/// Runs transfers side by side on the calling thread. Waiting times of retries run down while others transfer.
class Scheduler {
 public:
  Scheduler(const std::vector<Download>& downloads, const DownloadOptions& options, Reporter& reporter)
      : options_(options), reporter_(reporter), multi_(curl_multi_init(), curl_multi_cleanup) {
    if (!multi_) throw Error(ErrorKind::Unavailable, "cannot start downloads: out of memory");
    bool sizes_known = true;
    for (const Download& download : downloads) {
      waiting_.push_back({&transfers_.emplace_back(download, options), milliseconds(0), false});
      total_ += download.size.value_or(ByteCount{}).value;
      sizes_known = sizes_known && download.size.has_value();
    }
    if (!sizes_known) total_ = 0;
  }

  // libcurl wants its handles out of the multi handle before they die: also when an error leaves run().
  ~Scheduler() {
    for (CURL* handle : active_) curl_multi_remove_handle(multi_.get(), handle);
  }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  std::vector<Outcome> run() {
    if (!options_.what.empty()) step_ = reporter_.begin(options_.what, total_, Reporter::Unit::Bytes);
    Clock::time_point before = Clock::now();
    while (!waiting_.empty() || !active_.empty()) {
      start_what_may();
      if (active_.empty()) {
        if (!waiting_.empty()) sleep_until_next();
        before = Clock::now();
        continue;
      }
      move_bytes();
      const Clock::time_point now = Clock::now();
      run_down(std::chrono::duration_cast<milliseconds>(now - before));
      before = now;
      report();
    }
    return outcomes();
  }

 private:
  struct Waiting {
    Transfer* transfer;
    milliseconds delay;
    bool has_place;  // among those of its host, and of all
  };

  void start_what_may() {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      if (at->delay.count() > 0 || (!at->has_place && !take_place(at->transfer->host()))) {
        ++at;
        continue;
      }
      if (CURL* handle = at->transfer->begin()) {
        curl_multi_add_handle(multi_.get(), handle);
        active_.push_back(handle);
      } else {
        leave_place(at->transfer->host());
      }
      at = waiting_.erase(at);
    }
  }

  bool take_place(const std::string& host) {
    unsigned& busy = busy_hosts_[host];
    if (places_taken_ >= kMostTransfers || busy >= options_.per_host) return false;
    ++busy;
    ++places_taken_;
    return true;
  }

  void leave_place(const std::string& host) {
    --busy_hosts_[host];
    --places_taken_;
  }

  void move_bytes() {
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
    }
    if (!active_.empty() && running > 0) curl_multi_poll(multi_.get(), nullptr, 0, 200, nullptr);
  }

  void end(CURL* handle, CURLcode code) {
    Transfer* transfer = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(multi_.get(), handle);
    active_.remove(handle);
    if (transfer->end(code) == Transfer::Next::Done) return leave_place(transfer->host());
    say_retry(*transfer);
    // It keeps its place: else a dead host would be given up only after each of its files had been tried.
    waiting_.push_front({transfer, transfer->delay(), true});
  }

  // Eight files of a dead mirror fail at once: one line says it.
  void say_retry(const Transfer& transfer) {
    unsigned& said = said_retries_[transfer.host()];
    if (transfer.fruitless() > said) {
      said = transfer.fruitless();
      reporter_.warn(transfer.complaint());
    } else {
      reporter_.detail(transfer.complaint());
    }
  }

  void run_down(milliseconds time) {
    for (Waiting& waiting : waiting_) waiting.delay = std::max(milliseconds(0), waiting.delay - time);
  }

  void sleep_until_next() {
    // Those without a delay wait for a place, and that comes free only when a pause ends.
    milliseconds least{0};
    for (const Waiting& waiting : waiting_) {
      if (waiting.delay.count() > 0 && (least.count() == 0 || waiting.delay < least)) least = waiting.delay;
    }
    if (least.count() == 0) return;
    if (options_.sleep) {
      options_.sleep(least);
    } else {
      std::this_thread::sleep_for(least);
    }
    run_down(least);
  }

  std::uint64_t done() const {
    std::uint64_t sum = 0;
    for (const Transfer& transfer : transfers_) sum += transfer.position();
    return sum;
  }

  void report() {
    if (options_.what.empty()) return;
    const std::uint64_t now = done();
    if (now < reported_ + kProgressGrain && now >= reported_) return;
    reported_ = now;
    reporter_.advance(step_, now);
  }

  std::vector<Outcome> outcomes() {
    std::vector<Outcome> result;
    ByteCount received;
    for (const Transfer& transfer : transfers_) {
      result.push_back(transfer.outcome());
      received = received + transfer.outcome().received;
    }
    if (!options_.what.empty()) {
      reporter_.advance(step_, done());
      reporter_.end(step_, fmt::format("{} files, {} received", result.size(), human_size(received)));
    }
    return result;
  }

  const DownloadOptions& options_;
  Reporter& reporter_;
  std::list<Transfer> transfers_;  // a list: libcurl keeps pointers to them
  std::list<Waiting> waiting_;
  std::list<CURL*> active_;
  std::map<std::string, unsigned> busy_hosts_;
  std::size_t places_taken_ = 0;
  std::map<std::string, unsigned> said_retries_;  // per host, the highest attempt that the user was told of
  std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> multi_;
  Reporter::StepId step_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t reported_ = 0;
};

}  // namespace

std::vector<Outcome> download(const std::vector<Download>& downloads, const DownloadOptions& options,
                              Reporter& reporter) {
  if (downloads.empty()) return {};
  start_curl();
  return Scheduler(downloads, options, reporter).run();
}

}  // namespace keelson::net
