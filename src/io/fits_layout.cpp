// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_layout.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBlock = 2880;
constexpr std::int64_t kCard = 80;
constexpr std::int64_t kMaxHeaderBlocks = 4000;  // 144 000 cards
constexpr int kMaxHdus = 2000;
constexpr std::int64_t kMaxDataBytes = std::int64_t{1} << 45;
constexpr std::size_t kMaxUnpacked = std::size_t{8} << 30;
constexpr std::size_t kRatioFree = std::size_t{256} << 20;

using Block = std::array<char, kBlock>;
using ReadBlock = std::function<void(std::int64_t offset, Block& out)>;

[[noreturn]] void truncated(const fs::path& path, std::int64_t have, std::int64_t need) {
  throw Error{
      Errc::bad_input,
      fmt::format("truncated FITS file {}: {} bytes where {} are needed; copy the file again",
                  printable(path.string()), have, need)}
      .because({"file_bytes", static_cast<double>(have), static_cast<double>(need)});
}

[[noreturn]] void malformed(const fs::path& path, std::string_view why) {
  throw Error{Errc::bad_input, fmt::format("{} is not a usable FITS file: {}; try fitsverify",
                                           printable(path.string()), why)}
      .because({"is_fits", 0.0, 1.0});
}

/// The numbers of one header that say how many data bytes follow.
struct Shape {
  std::int64_t bitpix = 8;
  std::int64_t naxis = 0;
  std::int64_t pcount = 0;
  std::int64_t gcount = 1;
  bool groups = false;
  std::array<std::int64_t, 1000> axis{};
};

std::optional<std::int64_t> whole_number(std::string_view value) {
  const std::string_view text = trimmed(value.substr(0, value.find('/')));
  std::int64_t number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

void take_card(std::string_view card, Shape& shape, const fs::path& path) {
  if (card.substr(8, 2) != "= ") return;
  const std::string_view key = trimmed(card.substr(0, 8));
  const std::string_view value = card.substr(10);
  if (key == "GROUPS") {
    shape.groups = trimmed(value).starts_with('T');
    return;
  }
  const bool is_axis = key.starts_with("NAXIS") && key.size() > 5;
  if (!is_axis && key != "BITPIX" && key != "NAXIS" && key != "PCOUNT" && key != "GCOUNT") return;
  const auto number = whole_number(value);
  if (!number) malformed(path, fmt::format("{} is not a whole number", printable(key)));
  if (is_axis) {
    const auto i = whole_number(key.substr(5));
    if (!i || *i < 1 || *i > 999) return;
    if (*number < 0) malformed(path, fmt::format("{} is negative", printable(key)));
    shape.axis[static_cast<std::size_t>(*i)] = *number;
  } else if (key == "BITPIX") {
    constexpr std::array<std::int64_t, 6> kAllowed{8, 16, 32, 64, -32, -64};
    if (std::ranges::find(kAllowed, *number) == kAllowed.end())
      malformed(path, fmt::format("BITPIX is {}", *number));
    shape.bitpix = *number;
  } else if (key == "NAXIS") {
    if (*number < 0 || *number > 999) malformed(path, fmt::format("NAXIS is {}", *number));
    shape.naxis = *number;
  } else {
    if (*number < 0) malformed(path, fmt::format("{} is negative", key));
    (key == "PCOUNT" ? shape.pcount : shape.gcount) = *number;
  }
}

std::int64_t data_bytes(const Shape& shape, const fs::path& path) {
  if (shape.naxis == 0) return 0;
  const bool random_groups = shape.groups && shape.axis[1] == 0;
  std::int64_t bytes = 1;
  const auto times = [&](std::int64_t factor) {
    if (__builtin_mul_overflow(bytes, factor, &bytes) || bytes > kMaxDataBytes)
      malformed(path, "its header promises an absurd amount of data (NAXISn)");
  };
  for (std::int64_t i = random_groups ? 2 : 1; i <= shape.naxis; ++i)
    times(shape.axis[static_cast<std::size_t>(i)]);
  if (shape.pcount > kMaxDataBytes) malformed(path, "PCOUNT is absurdly large");
  bytes += shape.pcount;
  times(shape.gcount);
  times(std::abs(shape.bitpix) / 8);
  return bytes;
}

/// Reads one header from `offset` on and returns where its data begins.
std::int64_t walk_header(const ReadBlock& read, std::int64_t offset, std::int64_t n_bytes,
                         Shape& shape, const fs::path& path) {
  Block block{};
  for (std::int64_t i_block = 0; i_block < kMaxHeaderBlocks; ++i_block) {
    if (offset + kBlock > n_bytes) truncated(path, n_bytes, offset + kBlock);
    read(offset, block);
    offset += kBlock;
    for (std::int64_t at = 0; at < kBlock; at += kCard) {
      const std::string_view card{block.data() + at, static_cast<std::size_t>(kCard)};
      if (trimmed(card) == "END") return offset;
      take_card(card, shape, path);
    }
  }
  malformed(path, "a header has no END");
}

void walk(const ReadBlock& read, std::int64_t n_bytes, const fs::path& path) {
  if (n_bytes == 0) truncated(path, 0, kBlock);
  std::int64_t offset = 0;
  Block block{};
  for (int i_hdu = 0; i_hdu < kMaxHdus && offset < n_bytes; ++i_hdu) {
    if (offset + kBlock > n_bytes) {
      if (i_hdu == 0 && n_bytes < kBlock) {
        Block start{};
        read(0, start);
        if (std::string_view{start.data(), 6} != "SIMPLE")
          malformed(path, "it does not start with SIMPLE");
      }
      truncated(path, n_bytes, offset + kBlock);
    }
    read(offset, block);
    const std::string_view start{block.data(), 8};
    if (i_hdu == 0 && !start.starts_with("SIMPLE"))
      malformed(path, "it does not start with SIMPLE");
    if (i_hdu > 0 && start != "XTENSION") return;  // special records may follow the last HDU
    Shape shape;
    const std::int64_t data_start = walk_header(read, offset, n_bytes, shape, path);
    const std::int64_t n_block = (data_bytes(shape, path) + kBlock - 1) / kBlock;
    offset = data_start + n_block * kBlock;
    if (offset > n_bytes) truncated(path, n_bytes, offset);
  }
}

class Descriptor {
 public:
  explicit Descriptor(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ >= 0) return;
    const bool about_this_file = errno == ENOENT || errno == EACCES || errno == ENOTDIR;
    throw Error{about_this_file ? Errc::bad_input : Errc::io,
                fmt::format("cannot open {}: {}", printable(path.string()), std::strerror(errno))};
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return fd_; }

 private:
  int fd_;
};

struct CloseGz {
  void operator()(gzFile_s* file) const noexcept { gzclose_r(file); }
};

}  // namespace

void check_fits_layout(const fs::path& path) {
  const Descriptor file{path};
  struct stat about {};
  if (::fstat(file.number(), &about) != 0 || !S_ISREG(about.st_mode))
    malformed(path, "it is not a regular file");
  const ReadBlock read = [&](std::int64_t offset, Block& out) {
    for (std::size_t done = 0; done < out.size();) {
      const ssize_t n = ::pread(file.number(), out.data() + done, out.size() - done,
                                static_cast<off_t>(offset) + static_cast<off_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0)
        throw Error{Errc::io, fmt::format("reading {} failed: {}; check the disk",
                                          printable(path.string()), std::strerror(errno))};
      if (n == 0) return;  // shorter than one block; the caller knows the size
      done += static_cast<std::size_t>(n);
    }
  };
  walk(read, about.st_size, path);
}

void check_fits_layout(const std::vector<std::byte>& bytes, const fs::path& path) {
  const ReadBlock read = [&](std::int64_t offset, Block& out) {
    const auto start = static_cast<std::size_t>(offset);
    std::memcpy(out.data(), bytes.data() + start, std::min(out.size(), bytes.size() - start));
  };
  walk(read, static_cast<std::int64_t>(bytes.size()), path);
}

bool is_gzip_file(const fs::path& path) {
  const Descriptor file{path};
  std::array<unsigned char, 2> magic{};
  return ::read(file.number(), magic.data(), magic.size()) == 2 && magic[0] == 0x1f &&
         magic[1] == 0x8b;
}

std::vector<std::byte> gunzip_file(const fs::path& path) {
  std::error_code code;
  const auto packed = static_cast<std::size_t>(fs::file_size(path, code));
  const std::unique_ptr<gzFile_s, CloseGz> file{gzopen(path.c_str(), "rb")};
  if (!file || code) malformed(path, "it cannot be opened");
  std::vector<std::byte> bytes;
  std::vector<std::byte> piece(std::size_t{1} << 20);
  while (true) {
    const int n = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()));
    int error = Z_OK;
    const char* why = gzerror(file.get(), &error);
    if (n < 0 || (error != Z_OK && error != Z_STREAM_END))
      malformed(path, fmt::format("unpacking failed ({})", why));
    if (n == 0) return bytes;
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + n);
    if (bytes.size() > kMaxUnpacked || (bytes.size() > kRatioFree && bytes.size() / 200 > packed))
      malformed(path, "it unpacks to far more than it should");
  }
}

}  // namespace skyweft::io
