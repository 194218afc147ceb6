// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_part.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"

namespace skyweft::io {
namespace {

constexpr std::int64_t kBlock = 2880;

std::int64_t padded(std::int64_t n) {
  return (n + kBlock - 1) / kBlock * kBlock;
}

/// The cards of one header, each of 80 characters.
class Cards {
 public:
  void text(std::string_view key, std::string_view value, std::string_view comment) {
    add(fmt::format("{:<8}= {:<20}", key, fmt::format("'{:<8}'", value)), comment);
  }
  void word(std::string_view key, std::string_view value, std::string_view comment) {
    add(fmt::format("{:<8}= {:>20}", key, value), comment);
  }
  void number(std::string_view key, std::int64_t value, std::string_view comment) {
    word(key, fmt::format("{}", value), comment);
  }
  std::string finished() {
    text_ += fmt::format("{:<80}", "END");
    text_.resize(static_cast<std::size_t>(padded(static_cast<std::int64_t>(text_.size()))), ' ');
    return std::move(text_);
  }

 private:
  void add(std::string card, std::string_view comment) {
    if (!comment.empty()) card += fmt::format(" / {}", comment);
    card.resize(80, ' ');
    text_ += card;
  }
  std::string text_;
};

std::string table_head(std::string_view name, const std::vector<StoreColumn>& columns,
                       std::size_t row_bytes, std::int64_t n_row, const auto& more) {
  Cards cards;
  cards.text("XTENSION", "BINTABLE", "binary table");
  cards.number("BITPIX", 8, "");
  cards.number("NAXIS", 2, "");
  cards.number("NAXIS1", static_cast<std::int64_t>(row_bytes), "bytes of a row");
  cards.number("NAXIS2", n_row, "rows");
  cards.number("PCOUNT", 0, "");
  cards.number("GCOUNT", 1, "");
  cards.number("TFIELDS", static_cast<std::int64_t>(columns.size()), "columns");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    cards.text(fmt::format("TTYPE{}", i + 1), columns[i].name, "");
    cards.text(fmt::format("TFORM{}", i + 1), columns[i].form, "");
    if (!columns[i].unit.empty()) cards.text(fmt::format("TUNIT{}", i + 1), columns[i].unit, "");
  }
  cards.text("EXTNAME", name, "");
  more(cards);
  return cards.finished();
}

[[noreturn]] void refuse(const PartFile& file, std::string_view what) {
  throw Error{Errc::bad_input,
              fmt::format("part {} of the star store {}; see `skyweft catalog check`, then copy or "
                          "import it again",
                          printable(file.path().string()), what)};
}

}  // namespace

std::vector<StoreColumn> store_columns(const std::vector<std::string>& extra) {
  std::vector<StoreColumn> columns{{"star_id", "1K", ""},
                                   {"ra_deg", "1D", "deg"},
                                   {"dec_deg", "1D", "deg"},
                                   {"pm_ra_mas_yr", "1E", "mas/yr"},
                                   {"pm_dec_mas_yr", "1E", "mas/yr"},
                                   {"parallax_mas", "1E", "mas"},
                                   {"mag", "1E", "mag"},
                                   {"colour", "1E", "mag"}};
  for (const std::string& name : extra) columns.push_back({name, "1E", ""});
  return columns;
}

PartLayout layout_of(const PartShape& shape) {
  PartLayout out;
  Cards primary;
  primary.word("SIMPLE", "T", "FITS");
  primary.number("BITPIX", 8, "");
  primary.number("NAXIS", 0, "no image");
  primary.word("EXTEND", "T", "tables follow");
  out.stars_head =
      primary.finished() +
      table_head("STARS", store_columns(shape.extra), shape.row_bytes(), shape.n_row,
                 [&](Cards& cards) {
                   cards.word("EPOCH", fmt::format("{}", shape.epoch_yr),
                              "epoch of the positions, Julian year");
                   cards.text("RADESYS", "ICRS", "frame of the positions");
                   cards.text("PIXTYPE", "HEALPIX", "rows sorted by tile, then by magnitude");
                   cards.text("ORDERING", "NESTED", "numbering of the tiles");
                   cards.number("ORDER", kTileOrder, "of the tiles");
                 });
  out.tiles_head = table_head("TILES",
                              {{"tile", "1J", ""},
                               {"first_row", "1K", ""},
                               {"n_row", "1J", ""},
                               {"n_mag", "1J", ""},
                               {"first_mark", "1K", ""}},
                              kTileEntryBytes, shape.n_tile, [](Cards& cards) {
                                cards.text("ORDERING", "NESTED", "numbering of the tiles");
                                cards.number("ORDER", kTileOrder, "of the tiles");
                              });
  out.marks_head = table_head(
      "MARKS", {{"mag", "1E", "mag"}}, kMarkBytes, shape.n_mark,
      [](Cards& cards) { cards.number("EVERY", kRowsPerMark, "rows of a tile, from its 0th"); });
  const auto length = [](const std::string& text) {
    return static_cast<std::int64_t>(text.size());
  };
  out.rows_at = length(out.stars_head);
  out.tiles_at = out.rows_at + padded(shape.n_row * static_cast<std::int64_t>(shape.row_bytes())) +
                 length(out.tiles_head);
  out.marks_at = out.tiles_at + padded(shape.n_tile * static_cast<std::int64_t>(kTileEntryBytes)) +
                 length(out.marks_head);
  out.n_byte = out.marks_at + padded(shape.n_mark * static_cast<std::int64_t>(kMarkBytes));
  return out;
}

void encode_row(const StarCatalog& stars, std::size_t i,
                const std::vector<const NamedColumn*>& extra, std::byte* out) noexcept {
  const auto known = [](double v) { return std::isfinite(v) ? static_cast<float>(v) : 0.0f; };
  put_big_endian(out + kIdAt, stars.id[i]);
  put_big_endian(out + kRaAt, stars.ra_deg[i]);
  put_big_endian(out + kDecAt, stars.dec_deg[i]);
  put_big_endian(out + kPmRaAt, known(stars.pm_ra_mas_yr[i]));
  put_big_endian(out + kPmDecAt, known(stars.pm_dec_mas_yr[i]));
  put_big_endian(out + kParallaxAt,
                 stars.parallax_mas.empty() ? 0.0f : known(stars.parallax_mas[i]));
  put_big_endian(out + kMagAt, std::isfinite(stars.mag[i]) ? stars.mag[i] : kNaNf);
  put_big_endian(out + kColourAt, std::isfinite(stars.colour[i]) ? stars.colour[i] : kNaNf);
  for (std::size_t k = 0; k < extra.size(); ++k)
    put_big_endian(out + kExtraAt + 4 * k, extra[k] != nullptr ? extra[k]->value[i] : kNaNf);
}

void decode_row(const std::byte* row, StarCatalog& stars) {
  stars.id.push_back(big_endian<std::int64_t>(row + kIdAt));
  stars.ra_deg.push_back(big_endian<double>(row + kRaAt));
  stars.dec_deg.push_back(big_endian<double>(row + kDecAt));
  stars.pm_ra_mas_yr.push_back(static_cast<double>(big_endian<float>(row + kPmRaAt)));
  stars.pm_dec_mas_yr.push_back(static_cast<double>(big_endian<float>(row + kPmDecAt)));
  stars.parallax_mas.push_back(big_endian<float>(row + kParallaxAt));
  stars.mag.push_back(big_endian<float>(row + kMagAt));
  stars.colour.push_back(big_endian<float>(row + kColourAt));
  for (std::size_t k = 0; k < stars.extra.size(); ++k)
    stars.extra[k].value.push_back(big_endian<float>(row + kExtraAt + 4 * k));
}

void encode_tile(const TileEntry& entry, std::byte* out) noexcept {
  put_big_endian(out, entry.tile);
  put_big_endian(out + 4, entry.first_row);
  put_big_endian(out + 12, entry.n_row);
  put_big_endian(out + 16, entry.n_mag);
  put_big_endian(out + 20, entry.first_mark);
}

TileEntry decode_tile(const std::byte* at) noexcept {
  return {.tile = big_endian<std::int32_t>(at),
          .first_row = big_endian<std::int64_t>(at + 4),
          .n_row = big_endian<std::int32_t>(at + 12),
          .n_mag = big_endian<std::int32_t>(at + 16),
          .first_mark = big_endian<std::int64_t>(at + 20)};
}

PartFile::PartFile(std::filesystem::path path)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (fd_ < 0) throw Error{Errc::bad_input, io_failure_text("open", path_, errno)};
}
PartFile::~PartFile() {
  if (fd_ >= 0) ::close(fd_);
}
PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
PartFile& PartFile::operator=(PartFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

std::int64_t PartFile::size() const {
  struct stat found {};
  if (::fstat(fd_, &found) != 0) throw Error{Errc::io, io_failure_text("look at", path_, errno)};
  return S_ISREG(found.st_mode) ? static_cast<std::int64_t>(found.st_size) : -1;
}

void PartFile::read(std::int64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(fd_, out.data(), out.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error{Errc::io, io_failure_text("read", path_, errno)};
    if (n == 0) refuse(*this, fmt::format("ends at byte {}", offset));
    out = out.subspan(static_cast<std::size_t>(n));
    offset += n;
  }
}

std::vector<TileEntry> read_tile_table(const PartFile& file, const PartShape& shape,
                                       const PartLayout& layout, std::int64_t first_tile,
                                       std::int64_t last_tile) {
  if (const std::int64_t size = file.size(); size != layout.n_byte)
    refuse(file, fmt::format("has {} of {} bytes", size, layout.n_byte));
  const auto same_head = [&](const std::string& head, std::int64_t end) {
    std::string found(head.size(), ' ');
    file.read(end - static_cast<std::int64_t>(head.size()),
              std::as_writable_bytes(std::span{found}));
    if (found != head) refuse(file, "has another header than its manifest describes");
  };
  same_head(layout.stars_head, layout.rows_at);
  same_head(layout.tiles_head, layout.tiles_at);
  same_head(layout.marks_head, layout.marks_at);
  std::vector<std::byte> raw(static_cast<std::size_t>(shape.n_tile) * kTileEntryBytes);
  file.read(layout.tiles_at, raw);
  std::vector<TileEntry> tiles;
  std::int64_t row = 0;
  std::int64_t mark = 0;
  for (std::size_t i = 0; i < raw.size(); i += kTileEntryBytes) {
    const TileEntry entry = decode_tile(raw.data() + i);
    const std::int64_t lowest = tiles.empty() ? first_tile : tiles.back().tile + std::int64_t{1};
    if (entry.tile < lowest || entry.tile > last_tile || entry.first_row != row ||
        entry.n_row < 1 || entry.n_mag < 0 || entry.n_mag > entry.n_row || entry.first_mark != mark)
      refuse(file, fmt::format("has a damaged tile table (row {})", i / kTileEntryBytes));
    row += entry.n_row;
    mark += entry.n_mark();
    tiles.push_back(entry);
  }
  if (row != shape.n_row || mark != shape.n_mark)
    refuse(file, fmt::format("lists {} rows where {} are promised", row, shape.n_row));
  return tiles;
}

}  // namespace skyweft::io
