// os.hardening.accounts: closed
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "os/hardening.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

/// The file with the line that sets `key` replaced, or with the line at the end when there is none.
void set_line(const RootDir& root, std::string_view path, std::string_view key, std::string_view line) {
  const auto before = root.find_text(path);
  if (!before) return;
  std::string text;
  bool set = false;
  std::string_view rest = *before;
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  for (const auto old : split(rest, '\n')) {
    const auto words = split_words(old);
    const bool is_it = !words.empty() && words[0] == key;
    if (!is_it || !set) text += std::string(is_it ? line : old) + "\n";
    set = set || is_it;
  }
  if (!set) text += std::string(line) + "\n";
  if (text != *before) rewrite_file(root, path, text);
}

// pam_wheel(8): without a group "wheel", root's own group is asked. It comes after pam_rootok, so that root may always.
void restrict_su(const RootDir& root) {
  const auto before = root.find_text("etc/pam.d/su");
  if (!before) return;
  std::string text;
  bool put = false;
  std::string_view rest = *before;
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  for (const auto line : split(rest, '\n')) {
    const auto words = split_words(line);
    if (words.size() >= 3 && words[0] == "auth" && words[2] == "pam_wheel.so") return;
    text += std::string(line) + "\n";
    if (!put && words.size() >= 3 && words[0] == "auth" && words[2] == "pam_rootok.so") {
      text += "auth required pam_wheel.so use_uid\n";
      put = true;
    }
  }
  if (put) rewrite_file(root, "etc/pam.d/su", text);
}

void quiet_banners(const RootDir& root) {
  for (const auto& [path, text] : {std::pair{"etc/issue", "Authorised use only.\n\n"},
                                   std::pair{"etc/issue.net", "Authorised use only.\n"}, std::pair{"etc/motd", ""}}) {
    if (root.exists(path)) rewrite_file(root, path, text);
  }
}

void close_modes(const RootDir& root) {
  for (const auto& [path, mode] : {std::pair<const char*, mode_t>{"etc/ssh/sshd_config", 0600},
                                   {"etc/crontab", 0600},
                                   {"etc/cron.d", 0700},
                                   {"etc/cron.hourly", 0700},
                                   {"etc/cron.daily", 0700},
                                   {"etc/cron.weekly", 0700},
                                   {"etc/cron.monthly", 0700}}) {
    const auto status = root.status(path);
    if (!status || S_ISLNK(status->st_mode)) continue;
    const UniqueFd file = root.open(path, O_RDONLY | O_NOFOLLOW);
    if (::fchmod(file.get(), status->st_mode & mode) != 0) throw system_error("change the permissions of", path, errno);
  }
}

}  // namespace

void close_accounts(const RootDir& root) {
  set_line(root, "etc/login.defs", "UMASK", "UMASK\t\t027");
  restrict_su(root);
  quiet_banners(root);
  close_modes(root);
  rewrite_file(root, "etc/profile.d/50-hardening.sh",
               "# From the image's recipe (os.hardening): a shell that nobody uses ends.\n"
               "TMOUT=900\nreadonly TMOUT\nexport TMOUT\n");
}

}  // namespace keelson::os
