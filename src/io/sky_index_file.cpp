// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/sky_index_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <type_traits>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/healpix.hpp"
#include "core/log.hpp"
#include "io/digest.hpp"
#include "io/files.hpp"

namespace skyweft::io {
namespace {

constexpr std::array<char, 8> kMagic{'S', 'K', 'Y', 'W', 'Q', 'U', 'A', 'D'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kByteOrder = 0x01020304;
constexpr std::size_t kMaxBands = 32;
constexpr std::uint64_t kAlign = 64;
constexpr int kMaxOrder = 13;

struct BandRecord {
  double low_rad = 0.0;
  std::int64_t order = 0;
  std::uint64_t n_star = 0;
  std::uint64_t n_quad = 0;
  std::uint64_t stars_at = 0;  ///< bytes from the start of the file
  std::uint64_t first_star_at = 0;
  std::uint64_t codes_at = 0;
  std::uint64_t quads_at = 0;
};

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t byte_order = kByteOrder;
  std::uint64_t file_bytes = 0;
  std::uint64_t n_band = 0;
  double epoch_yr = 0.0;
  double low_deg = 0.0;
  double high_deg = 0.0;
  std::array<char, 32> catalog_digest{};
  std::array<char, 32> body_digest{};
  std::array<BandRecord, kMaxBands> bands{};
  std::array<char, 1896> unused{};
  std::array<char, 32> checksum{};  ///< digest of everything before it
};
static_assert(sizeof(BandRecord) == 64 && sizeof(Header) == 4096);
static_assert(std::is_trivially_copyable_v<Header>);

std::array<char, 32> as_array(const std::string& text) {
  std::array<char, 32> out{};
  std::copy_n(text.begin(), std::min(text.size(), out.size()), out.begin());
  return out;
}

std::array<char, 32> checksum_of(const Header& header) {
  const auto bytes = std::as_bytes(std::span{&header, 1});
  return as_array(digest_of(bytes.first(offsetof(Header, checksum))));
}

Error refused(const std::filesystem::path& path, const std::string& why, FailedTest test) {
  return Error{Errc::bad_input,
               fmt::format("{} {}; make it again with skyweft catalog index", path.string(), why)}
      .because(std::move(test));
}

}  // namespace

struct SkyIndexWriter::State {
  explicit State(const std::filesystem::path& path)
      : final_name(path), file(path), out(file.part_name(), std::ios::binary) {}

  void put(std::span<const std::byte> bytes) {
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    if (!out) throw Error{Errc::io, io_failure_text("write", final_name, errno)};
    digest.add(bytes);
    at += bytes.size();
  }
  /// Writes at the next multiple of kAlign; gives back where.
  std::uint64_t put_aligned(std::span<const std::byte> bytes) {
    constexpr std::array<std::byte, kAlign> zeros{};
    put(std::span{zeros}.first((kAlign - at % kAlign) % kAlign));
    const std::uint64_t from = at;
    put(bytes);
    return from;
  }

  std::filesystem::path final_name;
  AtomicFile file;
  std::ofstream out;
  Header header;
  Digester digest;
  std::uint64_t at = sizeof(Header);
};

SkyIndexWriter::SkyIndexWriter(const std::filesystem::path& path, const SkyIndex& about)
    : state_(std::make_unique<State>(path)) {
  Header& header = state_->header;
  header.epoch_yr = about.epoch_yr;
  header.low_deg = about.low_deg;
  header.high_deg = about.high_deg;
  header.catalog_digest = as_array(about.catalog_digest);
  const auto bytes = std::as_bytes(std::span{&header, 1});
  state_->out.write(reinterpret_cast<const char*>(bytes.data()), sizeof(Header));
  if (!state_->out) throw Error{Errc::io, io_failure_text("write", path, errno)};
}

SkyIndexWriter::~SkyIndexWriter() = default;

void SkyIndexWriter::add(const IndexBand& band) {
  State& s = *state_;
  if (s.header.n_band >= kMaxBands || band.order < 0 || band.order > kMaxOrder ||
      band.codes.size() != band.quads.size() ||
      band.first_star.size() != static_cast<std::size_t>(healpix::n_cells(band.order)) + 1)
    throw Error{Errc::internal, "an index band is not consistent, or there are too many"};
  BandRecord& record = s.header.bands[s.header.n_band++];
  record.low_rad = band.low_rad;
  record.order = band.order;
  record.n_star = band.stars.size();
  record.n_quad = band.codes.size();
  record.stars_at = s.put_aligned(std::as_bytes(band.stars));
  record.first_star_at = s.put_aligned(std::as_bytes(band.first_star));
  record.codes_at = s.put_aligned(std::as_bytes(band.codes));
  record.quads_at = s.put_aligned(std::as_bytes(band.quads));
}

void SkyIndexWriter::close() {
  State& s = *state_;
  s.header.file_bytes = s.at;
  s.header.body_digest = as_array(s.digest.hex());
  s.header.checksum = checksum_of(s.header);
  s.out.seekp(0);
  s.out.write(reinterpret_cast<const char*>(&s.header), sizeof(Header));
  s.out.close();
  if (!s.out) throw Error{Errc::io, io_failure_text("write", s.final_name, errno)};
  s.file.commit();
}

struct SkyIndexFile::Mapping {
  ~Mapping() {
    if (bytes != nullptr) ::munmap(bytes, n_byte);
  }
  template <class T>
  std::span<const T> section(std::uint64_t at, std::uint64_t n) const {
    if (at % kAlign != 0 || at < sizeof(Header) || at > n_byte || n > (n_byte - at) / sizeof(T))
      throw refused(path, "has a range outside the file",
                    {"file_bytes", static_cast<double>(n_byte), static_cast<double>(at)});
    return {reinterpret_cast<const T*>(static_cast<const std::byte*>(bytes) + at),
            static_cast<std::size_t>(n)};
  }
  std::filesystem::path path;
  void* bytes = nullptr;
  std::size_t n_byte = 0;
  Header header;
  SkyIndex index;
};

SkyIndexFile::SkyIndexFile(const std::filesystem::path& path)
    : mapping_(std::make_unique<Mapping>()) {
  Mapping& m = *mapping_;
  m.path = path;
  if (!std::filesystem::is_regular_file(path))
    throw Error{Errc::bad_input,
                fmt::format("the index of the sky {} does not exist or is no file; make it with "
                            "`skyweft catalog index`",
                            printable(path.string()))};
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Error{Errc::io, io_failure_text("open", path, errno)};
  struct stat status {};
  const bool is_known = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  m.n_byte = is_known ? static_cast<std::size_t>(status.st_size) : 0;
  if (m.n_byte < sizeof(Header)) {
    ::close(fd);
    throw refused(path, "is no sky index",
                  {"file_bytes", static_cast<double>(m.n_byte), sizeof(Header)});
  }
  void* bytes = ::mmap(nullptr, m.n_byte, PROT_READ, MAP_PRIVATE, fd, 0);
  const int why = errno;
  ::close(fd);
  if (bytes == MAP_FAILED) throw Error{Errc::io, io_failure_text("map", path, why)};
  m.bytes = bytes;

  std::memcpy(&m.header, bytes, sizeof(Header));
  const Header& header = m.header;
  if (header.magic != kMagic || header.byte_order != kByteOrder)
    throw refused(path, "is no sky index of this kind of machine", {"magic", 0.0, 1.0});
  if (header.version != kVersion)
    throw refused(path, fmt::format("has version {}, {} is read", header.version, kVersion),
                  {"version", static_cast<double>(header.version), kVersion});
  if (header.checksum != checksum_of(header))
    throw refused(path, "has a damaged header", {"checksum", 0.0, 1.0});
  if (header.file_bytes != m.n_byte || header.n_band > kMaxBands)
    throw refused(
        path, "is cut short or has grown",
        {"file_bytes", static_cast<double>(m.n_byte), static_cast<double>(header.file_bytes)});
  m.index.epoch_yr = header.epoch_yr;
  m.index.low_deg = header.low_deg;
  m.index.high_deg = header.high_deg;
  m.index.catalog_digest =
      std::string{header.catalog_digest.data(),
                  ::strnlen(header.catalog_digest.data(), header.catalog_digest.size())};
  for (std::size_t k = 0; k < header.n_band; ++k) {
    const BandRecord& r = header.bands[k];
    if (r.order < 0 || r.order > kMaxOrder || !(r.low_rad > 0.0))
      throw refused(path, "has a damaged header", {"checksum", 0.0, 1.0});
    const int order = static_cast<int>(r.order);
    m.index.bands.push_back(
        {.low_rad = r.low_rad,
         .order = order,
         .stars = m.section<IndexStar>(r.stars_at, r.n_star),
         .first_star = m.section<std::uint32_t>(
             r.first_star_at, static_cast<std::uint64_t>(healpix::n_cells(order)) + 1),
         .codes = m.section<QuadCode>(r.codes_at, r.n_quad),
         .quads = m.section<QuadStars>(r.quads_at, r.n_quad)});
  }
}

SkyIndexFile::~SkyIndexFile() = default;
SkyIndexFile::SkyIndexFile(SkyIndexFile&&) noexcept = default;
SkyIndexFile& SkyIndexFile::operator=(SkyIndexFile&&) noexcept = default;

const SkyIndex& SkyIndexFile::index() const noexcept {
  return mapping_->index;
}

void SkyIndexFile::verify() const {
  const Mapping& m = *mapping_;
  const std::span<const std::byte> body{static_cast<const std::byte*>(m.bytes) + sizeof(Header),
                                        m.n_byte - sizeof(Header)};
  if (as_array(digest_of(body)) != m.header.body_digest)
    throw refused(m.path, "is damaged: its bytes do not have the digest of its header",
                  {"digest", 0.0, 1.0});
}

}  // namespace skyweft::io
