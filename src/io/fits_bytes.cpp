// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_bytes.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/fits_layout.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxUnpacked = std::size_t{8} << 30;
constexpr std::size_t kRatioFree = std::size_t{256} << 20;

int open_file(const fs::path& path) {
  // Without O_NONBLOCK a pipe would wait here for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0) return fd;
  const bool about_this_file = errno == ENOENT || errno == EACCES || errno == ENOTDIR;
  throw Error{about_this_file ? Errc::bad_input : Errc::io,
              fmt::format("cannot open {}: {}", printable(path.string()), std::strerror(errno))};
}

struct CloseGz {
  void operator()(gzFile_s* file) const noexcept { gzclose_r(file); }
};

/// Unpacks a gzip file; refuses one that unpacks to more than 8 GiB, or to more than 256 MiB and
/// 200 times its size.
std::vector<std::byte> gunzip_file(int fd, std::int64_t packed, const fs::path& path) {
  const std::unique_ptr<gzFile_s, CloseGz> file{gzdopen(::dup(fd), "rb")};
  if (!file) fail_fits_layout(path, "it cannot be opened");
  std::vector<std::byte> bytes;
  std::vector<std::byte> piece(std::size_t{1} << 20);
  while (true) {
    const int n = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()));
    int error = Z_OK;
    const char* why = gzerror(file.get(), &error);
    if (n < 0 || (error != Z_OK && error != Z_STREAM_END))
      fail_fits_layout(path, fmt::format("unpacking failed ({})", why));
    if (n == 0) return bytes;
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + n);
    if (bytes.size() > kMaxUnpacked ||
        (bytes.size() > kRatioFree && bytes.size() / 200 > static_cast<std::size_t>(packed)))
      fail_fits_layout(path, "it unpacks to far more than it should");
  }
}

}  // namespace

FitsBytes::FitsBytes(const fs::path& path) : path_(path), fd_(open_file(path)) {
  try {
    struct stat about {};
    if (::fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode))
      fail_fits_layout(path, "it is not a regular file");
    size_ = about.st_size;
    std::array<std::byte, 2> magic{};
    if (size_ >= 2) read(0, magic);
    if (magic != std::array{std::byte{0x1f}, std::byte{0x8b}}) return;
    memory_ = gunzip_file(fd_, size_, path);
    size_ = static_cast<std::int64_t>(memory_.size());
    ::close(std::exchange(fd_, -1));
  } catch (...) {
    ::close(std::exchange(fd_, -1));
    throw;
  }
}

FitsBytes::~FitsBytes() {
  if (fd_ >= 0) ::close(fd_);
}

FitsBytes::FitsBytes(FitsBytes&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(std::exchange(other.size_, 0)),
      memory_(std::move(other.memory_)) {}

FitsBytes& FitsBytes::operator=(FitsBytes&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  std::swap(memory_, other.memory_);
  return *this;
}

void FitsBytes::read(std::int64_t offset, std::span<std::byte> out) const {
  const auto n_wanted = static_cast<std::int64_t>(out.size());
  if (offset < 0 || offset > size_ - n_wanted) fail_truncated(path_, size_, offset + n_wanted);
  if (fd_ < 0) {
    std::memcpy(out.data(), memory_.data() + offset, out.size());
    return;
  }
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t n = ::pread(fd_, out.data() + done, out.size() - done,
                              static_cast<off_t>(offset) + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw Error{Errc::io, fmt::format("reading {} failed: {}; check the disk",
                                        printable(path_.string()), std::strerror(errno))};
    if (n == 0)  // it shrank after it was opened
      fail_truncated(path_, offset + static_cast<std::int64_t>(done), offset + n_wanted);
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace skyweft::io
