// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace skyweft::io {

/// The bytes of a file that may be gzipped: read where they lie, or unpacked into memory.
class FitsBytes {
 public:
  FitsBytes() = default;
  /// Opens the file; .gz (told by content) is unpacked. Throws Error{bad_input} when it is missing,
  /// no regular file or no sound gzip.
  explicit FitsBytes(const std::filesystem::path& path);
  ~FitsBytes();
  FitsBytes(FitsBytes&& other) noexcept;
  FitsBytes& operator=(FitsBytes&& other) noexcept;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::int64_t size() const noexcept { return size_; }
  bool in_memory() const noexcept { return fd_ < 0; }
  std::vector<std::byte>& memory() noexcept { return memory_; }

  /// Copies out.size() bytes from `offset` on. Throws Error{bad_input} with test "file_bytes" when
  /// the file ends before, Error{io} when the disk fails.
  void read(std::int64_t offset, std::span<std::byte> out) const;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::int64_t size_ = 0;
  std::vector<std::byte> memory_;
};

}  // namespace skyweft::io
