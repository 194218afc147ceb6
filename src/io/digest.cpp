// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/digest.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <vector>

#include <fmt/format.h>
#include <xxhash.h>

#include "core/error.hpp"
#include "core/log.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

std::string hex_of(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

}  // namespace

struct Digester::State {
  State() : xxh(XXH3_createState()) {
    if (xxh == nullptr) throw std::bad_alloc{};
    XXH3_128bits_reset(xxh);
  }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  XXH3_state_t* xxh;
};

Digester::Digester() : state_(std::make_unique<State>()) {}
Digester::~Digester() = default;
Digester::Digester(Digester&&) noexcept = default;
Digester& Digester::operator=(Digester&&) noexcept = default;

void Digester::add(std::span<const std::byte> bytes) {
  if (!bytes.empty()) XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size());
}

std::string Digester::hex() const {
  return hex_of(XXH3_128bits_digest(state_->xxh));
}

std::string digest_of(std::span<const std::byte> bytes) {
  return hex_of(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string digest_of_text(std::string_view text) {
  return digest_of(std::as_bytes(std::span{text}));
}

std::string digest_of_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, CloseFile> file{std::fopen(path.c_str(), "rb")};
  if (!file)
    throw Error{Errc::io, fmt::format("cannot read {} for its digest: {}", printable(path.string()),
                                      std::strerror(errno))};
  Digester digester;
  std::vector<std::byte> piece(kPieceBytes);
  while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), file.get()))
    digester.add(std::span{piece}.first(n));
  if (std::ferror(file.get()) != 0)
    throw Error{Errc::io, fmt::format("reading {} for its digest failed: {}; check the disk",
                                      printable(path.string()), std::strerror(errno))};
  return digester.hex();
}

}  // namespace skyweft::io
