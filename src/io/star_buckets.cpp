// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_buckets.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/star_part.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kTileBytes = sizeof(std::int32_t);
constexpr std::size_t kLargestBuffer = std::size_t{2} << 20;

}  // namespace

StarBuckets::StarBuckets(std::filesystem::path folder, std::size_t row_bytes,
                         std::size_t memory_bytes)
    : folder_(std::move(folder)),
      record_bytes_(kTileBytes + row_bytes),
      buffer_bytes_(std::clamp(memory_bytes / static_cast<std::size_t>(kBuckets), record_bytes_,
                               kLargestBuffer) /
                    record_bytes_ * record_bytes_),
      buffers_(static_cast<std::size_t>(kBuckets)) {}

std::filesystem::path StarBuckets::file_of(std::int64_t bucket) const {
  return folder_ / fmt::format("bucket-{:03}", bucket);
}

std::byte* StarBuckets::add(std::int32_t tile) {
  const std::int64_t bucket = tile >> 2 * (kTileOrder - kOrder);
  auto& buffer = buffers_[static_cast<std::size_t>(bucket)];
  if (buffer.size() + record_bytes_ > buffer_bytes_) write(bucket);
  buffer.reserve(buffer_bytes_);  // at once: growing buffers would leave holes between them
  buffer.resize(buffer.size() + record_bytes_);
  std::byte* record = buffer.data() + buffer.size() - record_bytes_;
  std::memcpy(record, &tile, kTileBytes);
  return record + kTileBytes;
}

void StarBuckets::write(std::int64_t bucket) {
  auto& buffer = buffers_[static_cast<std::size_t>(bucket)];
  if (buffer.empty()) return;
  const std::filesystem::path path = file_of(bucket);
  const auto fail = [&](const char* what, int code) {
    throw Error{Errc::io, io_failure_text(what, path, code)};
  };
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) fail("create", errno);
  int code = 0;
  for (std::span<const std::byte> left{buffer}; !left.empty() && code == 0;) {
    const ssize_t n = ::write(fd, left.data(), left.size());
    if (n >= 0)
      left = left.subspan(static_cast<std::size_t>(n));
    else if (errno != EINTR)
      code = errno;
  }
  if (::close(fd) != 0 && code == 0 && errno != EINTR) code = errno;
  if (code != 0) fail("write", code);
  buffer.clear();
}

void StarBuckets::flush() {
  for (std::int64_t bucket = 0; bucket < kBuckets; ++bucket) {
    write(bucket);
    std::vector<std::byte>{}.swap(buffers_[static_cast<std::size_t>(bucket)]);
  }
}

void StarBuckets::read(
    std::int64_t bucket,
    const std::function<void(std::int32_t tile, const std::byte* row)>& take) const {
  std::error_code missing;
  const std::filesystem::path path = file_of(bucket);
  if (!std::filesystem::exists(path, missing)) return;
  const PartFile file{path};
  const std::int64_t n_byte = file.size();
  std::vector<std::byte> raw;
  const auto at_once = static_cast<std::int64_t>(kLargestBuffer / record_bytes_ * record_bytes_);
  for (std::int64_t at = 0; at < n_byte; at += at_once) {
    raw.resize(static_cast<std::size_t>(std::min(at_once, n_byte - at)));
    file.read(at, raw);
    for (std::size_t i = 0; i + record_bytes_ <= raw.size(); i += record_bytes_) {
      std::int32_t tile = 0;
      std::memcpy(&tile, raw.data() + i, kTileBytes);
      take(tile, raw.data() + i + kTileBytes);
    }
  }
}

void StarBuckets::drop(std::int64_t bucket) noexcept {
  std::error_code ignored;
  std::filesystem::remove(file_of(bucket), ignored);
}

}  // namespace skyweft::io
