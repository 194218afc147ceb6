// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: files that may be gzipped, in pieces or by lines.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

struct gzFile_s;

namespace skyweft::io {

/// The unpacked bytes of a file, one after the other.
class StarBytes {
 public:
  /// Throws Error{bad_input} when it cannot be opened.
  explicit StarBytes(const std::filesystem::path& path);

  /// Fills `out` as far as the file goes; 0 at its end. Throws Error{bad_input} when the packing is
  /// damaged or more than 4 TiB come out of it, Error{io} when the disk fails.
  std::size_t read(std::span<char> out);

 private:
  struct Close {
    void operator()(gzFile_s* file) const noexcept;
  };
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::int64_t n_byte_ = 0;
};

/// Lines, without their ends, of a text file that may be gzipped.
class StarLines {
 public:
  explicit StarLines(const std::filesystem::path& path);

  /// The next line, borrowed until the next call; false at the end of the file.
  /// Throws as StarBytes::read(), and Error{bad_input} for a line longer than 128 KiB.
  bool next(std::string_view& line);
  std::int64_t i_line() const noexcept { return i_line_; }

 private:
  bool refill();

  std::filesystem::path path_;
  StarBytes bytes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool is_at_end_ = false;
  std::int64_t i_line_ = 0;
};

}  // namespace skyweft::io
