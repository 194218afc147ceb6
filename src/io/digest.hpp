// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace skyweft::io {

/// Folds bytes into an XXH3-128 digest piece by piece; the split into pieces does not matter.
class Digester {
 public:
  Digester();
  ~Digester();
  Digester(Digester&&) noexcept;
  Digester& operator=(Digester&&) noexcept;

  void add(std::span<const std::byte> bytes);

  /// The digest of everything added so far as 32 lower-case hexadecimal digits.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The XXH3-128 digest of `bytes`: 32 lower-case hexadecimal digits. Collective: no. Throws: never.
std::string digest_of(std::span<const std::byte> bytes);
std::string digest_of_text(std::string_view text);

/// The digest of a file's bytes, read in pieces of one MiB.
/// Collective: no. Throws Error{io} when the file cannot be read.
std::string digest_of_file(const std::filesystem::path& path);

}  // namespace skyweft::io
