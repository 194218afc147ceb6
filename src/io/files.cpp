// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/files.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/log.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view what, const fs::path& path, int code) {
  throw Error{Errc::io, io_failure_text(what, path, code)};
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, std::string_view what)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail(what, path, errno);
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return fd_; }

  /// Closing reports late write errors (NFS, quota).
  void close(const fs::path& path) {
    const int result = ::close(fd_);
    fd_ = -1;
    if (result != 0 && errno != EINTR) fail("close", path, errno);
  }

 private:
  int fd_;
};

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path{"."};
}

std::string host_part() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "host";
  return safe_file_part(name.data());
}

void sync_opened(const fs::path& path, int flags, std::string_view what) {
  Descriptor file{path, flags, what};
  // EINVAL and ENOTSUP: the file system has no sync for this kind of file, as some network mounts
  // for folders.
  if (::fsync(file.number()) != 0 && errno != EINVAL && errno != ENOTSUP) fail(what, path, errno);
}

}  // namespace

AtomicFile::AtomicFile(fs::path final_name) : final_(std::move(final_name)) {
  part_ = final_;
  part_ += fmt::format(".part.{}.{}", host_part(), ::getpid());
  std::error_code code;
  if (!fs::is_directory(folder_of(final_), code))
    throw Error{Errc::io,
                fmt::format("cannot write {}: the folder {} does not exist; create it first",
                            printable(final_.string()), printable(folder_of(final_).string()))};
  fs::remove(part_, code);
}

AtomicFile::~AtomicFile() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove(part_, ignored);
}

void AtomicFile::commit() {
  sync_file(part_);
  if (::rename(part_.c_str(), final_.c_str()) != 0) fail("rename onto", final_, errno);
  committed_ = true;
  sync_dir(folder_of(final_));
}

void write_text_file(const fs::path& path, std::string_view text) {
  AtomicFile atomic{path};
  Descriptor file{atomic.part_name(), O_WRONLY | O_CREAT | O_EXCL, "create"};
  while (!text.empty()) {
    const ssize_t n = ::write(file.number(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", atomic.part_name(), errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  file.close(atomic.part_name());
  atomic.commit();
}

std::string read_text_file(const fs::path& path, std::int64_t max_bytes) {
  const Descriptor file{path, O_RDONLY, "read"};
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t n = ::read(file.number(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path, errno);
    if (n == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(n));
    if (static_cast<std::int64_t>(text.size()) > max_bytes)
      throw Error{Errc::bad_input, fmt::format("{} is larger than {} bytes; is it the right file?",
                                               printable(path.string()), max_bytes)}
          .because(
              {"file_bytes", static_cast<double>(text.size()), static_cast<double>(max_bytes)});
  }
}

void sync_file(const fs::path& path) {
  sync_opened(path, O_RDONLY, "sync");
}

void sync_dir(const fs::path& path) {
  sync_opened(path, O_RDONLY | O_DIRECTORY, "sync folder");
}

void remove_leftover_parts(const fs::path& dir) {
  std::error_code code;
  if (!fs::exists(dir, code)) return;
  std::vector<fs::path> found;
  fs::recursive_directory_iterator it{dir, code};
  for (; !code && it != fs::recursive_directory_iterator{}; it.increment(code)) {
    const bool is_part = it->path().filename().string().find(".part.") != std::string::npos;
    if (is_part && !it->is_directory(code)) found.push_back(it->path());
  }
  if (code) fail("look for unfinished files below", dir, code.value());
  for (const fs::path& part : found)
    if (!fs::remove(part, code) && code) fail("remove the unfinished file", part, code.value());
}

std::string io_failure_text(std::string_view what, const fs::path& path, int code) {
  std::string text =
      fmt::format("cannot {} {}: {}", what, printable(path.string()), std::strerror(code));
  if (code != ENOSPC && code != EDQUOT) return text;
  struct statvfs disk {};
  if (::statvfs(folder_of(path).c_str(), &disk) == 0)
    text +=
        fmt::format(" ({} bytes and {} inodes free there)",
                    static_cast<unsigned long long>(disk.f_bavail) * disk.f_frsize, disk.f_favail);
  return text + "; free some space or raise the quota, then run again";
}

}  // namespace skyweft::io
