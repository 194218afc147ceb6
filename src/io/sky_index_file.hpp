// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "data/sky_index.hpp"

namespace skyweft::io {

/// Writes an index band by band, so that only one need be in memory.
///
/// The file is made to be mapped: a header of 4096 bytes (magic, version, byte order, ranges, one
/// record per band, digest of the rest, checksum of itself), then per band stars, first_star, codes
/// and quads as they lie in memory (little endian), each at a multiple of 64 bytes. Equal content
/// gives equal bytes.
class SkyIndexWriter {
 public:
  /// `about.bands` is not looked at. The file appears at close(). Throws Error{io}.
  SkyIndexWriter(const std::filesystem::path& path, const SkyIndex& about);
  ~SkyIndexWriter();
  SkyIndexWriter(const SkyIndexWriter&) = delete;
  SkyIndexWriter& operator=(const SkyIndexWriter&) = delete;

  /// Adds the next larger band; at most 32. Throws Error{io}, Error{internal} for inconsistent
  /// spans or too many bands.
  void add(const IndexBand& band);

  /// Completes the file and moves it to its name. Throws Error{io}.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An index file mapped into memory: opening costs the header, searching the pages it touches.
class SkyIndexFile {
 public:
  /// Throws Error{io} when the file cannot be mapped, and Error{bad_input} without one, or with
  /// test "magic" (no index), "version", "checksum" (damaged header) or "file_bytes" (cut short, or
  /// ranges outside).
  explicit SkyIndexFile(const std::filesystem::path& path);
  ~SkyIndexFile();
  SkyIndexFile(SkyIndexFile&&) noexcept;
  SkyIndexFile& operator=(SkyIndexFile&&) noexcept;

  /// Views into the mapping: valid as long as this object.
  const SkyIndex& index() const noexcept;

  /// Reads the whole file and compares its digest. Throws Error{bad_input} with test "digest".
  void verify() const;

 private:
  struct Mapping;
  std::unique_ptr<Mapping> mapping_;
};

}  // namespace skyweft::io
