// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_lines.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <zlib.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxLine = std::size_t{1} << 17;
constexpr std::size_t kBuffer = std::size_t{1} << 20;
constexpr std::int64_t kMaxUnpacked = std::int64_t{4} << 40;

}  // namespace

void StarBytes::Close::operator()(gzFile_s* file) const noexcept {
  gzclose_r(file);
}

StarBytes::StarBytes(const std::filesystem::path& path)
    : path_(path), file_(gzopen(path.c_str(), "rb")) {
  if (!file_) throw Error{Errc::bad_input, fmt::format("cannot open {}", printable(path.string()))};
  gzbuffer(file_.get(), 1 << 18);
}

std::size_t StarBytes::read(std::span<char> out) {
  errno = 0;
  const int n = gzread(file_.get(), out.data(), static_cast<unsigned>(out.size()));
  if (n < 0 || static_cast<std::size_t>(n) < out.size()) {
    int code = Z_OK;
    const char* why = gzerror(file_.get(), &code);
    if (code == Z_ERRNO) throw Error{Errc::io, io_failure_text("read", path_, errno)};
    if (code != Z_OK && code != Z_STREAM_END)
      throw Error{Errc::bad_input,
                  fmt::format("{} is damaged after {} unpacked bytes: {}",
                              printable(path_.string()), n_byte_ + std::max(n, 0), why)};
  }
  n_byte_ += n;
  if (n_byte_ > kMaxUnpacked)
    throw Error{Errc::bad_input, fmt::format("{} unpacks to more than {} bytes",
                                             printable(path_.string()), kMaxUnpacked)};
  return static_cast<std::size_t>(n);
}

StarLines::StarLines(const std::filesystem::path& path)
    : path_(path), bytes_(path), buffer_(kBuffer) {}

/// Moves what is left to the front and reads behind it; false when nothing came.
bool StarLines::refill() {
  if (is_at_end_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const std::span<char> room{buffer_.data() + end_, buffer_.size() - end_};
  const std::size_t n = bytes_.read(room);
  is_at_end_ = n < room.size();
  end_ += n;
  return n > 0;
}

bool StarLines::next(std::string_view& line) {
  std::size_t searched = 0;
  while (true) {
    const char* const first = buffer_.data() + begin_;
    const std::size_t n = end_ - begin_;
    const auto* found =
        n > searched ? static_cast<const char*>(std::memchr(first + searched, '\n', n - searched))
                     : nullptr;
    const std::size_t length = found != nullptr ? static_cast<std::size_t>(found - first) : n;
    if (length > kMaxLine)
      throw Error{Errc::bad_input,
                  fmt::format("{} line {} is longer than {} characters; is it a star list?",
                              printable(path_.string()), i_line_ + 1, kMaxLine)};
    if (found == nullptr) {
      searched = n;
      if (refill()) continue;
      if (n == 0) return false;
    }
    line = {buffer_.data() + begin_, length};
    begin_ = std::min(end_, begin_ + length + 1);
    ++i_line_;
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return true;
  }
}

}  // namespace skyweft::io
