// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_handle.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/fits_layout.hpp"
#include "io/fits_pixels.hpp"

namespace skyweft::io {
namespace {

/// Keywords that cfitsio writes itself from the image's type and shape.
bool describes_layout(std::string_view key) {
  constexpr std::array<std::string_view, 16> kOwn{
      "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND",  "PCOUNT",   "GCOUNT",  "GROUPS",
      "BZERO",  "BSCALE",   "BLANK",  "END",   "DATASUM", "CHECKSUM", "EXTNAME", "BUNIT"};
  return key.empty() || std::ranges::find(kOwn, key) != kOwn.end() ||
         (key.starts_with("NAXIS") && key.size() <= 8);
}

std::string unquoted(std::string_view raw) {
  const std::string_view text = trimmed(raw);
  if (text.size() < 2 || text.front() != '\'') return std::string{text};
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\'' && (i + 1 >= text.size() || text[i + 1] != '\'')) break;
    if (text[i] == '\'') ++i;
    out += text[i];
  }
  return std::string{trimmed(out)};
}

/// The text of a CONTINUE card's value.
std::string continued(std::string_view card) {
  return card.size() > 8 ? unquoted(card.substr(8)) : std::string{};
}

/// The sum of the bytes from `begin` to `end`, added to `sum`.
std::uint32_t sum_of(const FitsBytes& bytes, std::int64_t begin, std::int64_t end,
                     std::uint32_t sum) {
  constexpr std::int64_t kPiece = std::int64_t{1} << 18;
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min(kPiece, end - begin)));
  for (std::int64_t at = begin; at < end; at += kPiece) {
    const std::span part{piece.data(), static_cast<std::size_t>(std::min(kPiece, end - at))};
    bytes.read(at, part);
    sum = fits_sum(part, sum);
  }
  return sum;
}

}  // namespace

void check_fits(int status, std::string_view what, const std::filesystem::path& path, Errc code) {
  if (status == 0) return;
  std::array<char, FLEN_STATUS> name{};
  fits_get_errstatus(status, name.data());
  std::string text = fmt::format("cannot {} {}: {} (cfitsio {})", what, printable(path.string()),
                                 name.data(), status);
  std::array<char, FLEN_ERRMSG> line{};
  while (fits_read_errmsg(line.data()) != 0) text += "; " + printable(line.data());
  throw Error{code, std::move(text)};
}

FitsHandle FitsHandle::open(const std::filesystem::path& path) {
  FitsHandle handle;
  handle.path_ = path;
  fitsfile* file = nullptr;
  int status = 0;
  fits_clear_errmsg();
  handle.memory_ = std::make_unique<Memory>();
  Memory& memory = *handle.memory_;
  memory.bytes = FitsBytes{path};
  check_fits_layout(memory.bytes);
  if (memory.bytes.in_memory()) {
    memory.data = memory.bytes.memory().data();
    memory.size = memory.bytes.memory().size();
    fits_open_memfile(&file, "unpacked", READONLY, &memory.data, &memory.size, 0, nullptr, &status);
  } else {
    fits_open_diskfile(&file, path.c_str(), READONLY, &status);
  }
  check_fits(status, "open", path);
  handle.file_.reset(file);
  return handle;
}

FitsHandle FitsHandle::create(const std::filesystem::path& path) {
  FitsHandle handle;
  handle.path_ = path;
  fitsfile* file = nullptr;
  int status = 0;
  fits_clear_errmsg();
  fits_create_diskfile(&file, path.c_str(), &status);
  check_fits(status, "create", path, Errc::io);
  handle.file_.reset(file);
  return handle;
}

FitsHandle FitsHandle::edit(const std::filesystem::path& path) {
  FitsHandle handle;
  handle.path_ = path;
  fitsfile* file = nullptr;
  int status = 0;
  fits_clear_errmsg();
  fits_open_diskfile(&file, path.c_str(), READWRITE, &status);
  check_fits(status, "change", path, Errc::io);
  handle.file_.reset(file);
  return handle;
}

FitsBytes FitsHandle::into_bytes() && {
  file_.reset();
  return std::move(memory_->bytes);
}

void FitsHandle::close() {
  int status = 0;
  fits_close_file(file_.release(), &status);
  check_fits(status, "finish writing", path_, Errc::io);
}

Header header_of_current_hdu(const FitsHandle& file) {
  Header header;
  std::vector<HeaderCard> cards;
  int status = 0;
  int n_card = 0;
  fits_get_hdrspace(file.get(), &n_card, nullptr, &status);
  file.check(status, "read the header of");
  std::array<char, FLEN_CARD> card{};
  std::array<char, FLEN_KEYWORD> key{};
  std::array<char, FLEN_VALUE> value{};
  std::array<char, FLEN_COMMENT> comment{};
  for (int i = 1; i <= n_card; ++i) {
    fits_read_record(file.get(), i, card.data(), &status);
    file.check(status, "read the header of");
    int length = 0;
    fits_get_keyname(card.data(), key.data(), &length, &status);
    const std::string_view name{key.data()};
    if (name == "CONTINUE" && !cards.empty() && cards.back().value.ends_with('&')) {
      cards.back().value.pop_back();
      cards.back().value += continued(card.data());
    } else if (!name.empty() && name != "COMMENT" && name != "HISTORY" && name != "CONTINUE") {
      fits_parse_value(card.data(), value.data(), comment.data(), &status);
      const std::string_view raw = trimmed(value.data());
      if (status == 0 && !raw.empty())
        cards.push_back({std::string{name}, unquoted(raw), comment.data(), raw.starts_with('\'')});
    }
    if (status != 0) {  // one odd card does not spoil a header
      status = 0;
      fits_clear_errmsg();
    }
  }
  for (HeaderCard& one : cards) header.add(std::move(one));
  return header;
}

void verify_checksum(const FitsHandle& file) {
  int status = 0;
  LONGLONG head = 0;
  LONGLONG data = 0;
  LONGLONG end = 0;
  fits_get_hduaddrll(file.get(), &head, &data, &end, &status);
  file.check(status, "read the checksum of");
  const auto text_of = [&](const char* key) {
    std::array<char, FLEN_VALUE> value{};
    int missing = 0;
    fits_read_key(file.get(), TSTRING, key, value.data(), nullptr, &missing);
    fits_clear_errmsg();
    return missing == 0 ? std::string{trimmed(value.data())} : std::string{};
  };
  const std::string data_sum = text_of("DATASUM");
  const bool has_checksum = !text_of("CHECKSUM").empty();
  if (data_sum.empty() && !has_checksum) return;
  const auto fail = [&](std::string_view which, std::uint32_t found, double wanted) {
    throw Error{Errc::bad_input,
                fmt::format("{} is damaged: its {} does not fit its content; copy the file again",
                            printable(file.path().string()), which)}
        .because({"checksum", static_cast<double>(found), wanted});
  };
  const std::uint32_t sum_of_data = sum_of(file.bytes(), data, end, 0);
  const double promised = number_in(data_sum).value_or(-1.0);
  if (!data_sum.empty() && promised != static_cast<double>(sum_of_data))
    fail("DATASUM", sum_of_data, promised);
  const std::uint32_t sum_of_all = sum_of(file.bytes(), head, data, sum_of_data);
  if (has_checksum && sum_of_all != 0 && sum_of_all != 0xffffffffu)
    fail("CHECKSUM", sum_of_all, 0xffffffffu);
}

void write_checksum(const FitsHandle& file) {
  int status = 0;
  unsigned long data_sum = 0;
  unsigned long hdu_sum = 0;
  std::array<char, 17> code{};
  fitsfile* const f = file.get();
  fits_update_key_str(f, "CHECKSUM", "0000000000000000", "of this header and data unit", &status);
  fits_update_key_str(f, "DATASUM", "0", "of this data unit", &status);
  fits_set_hdustruc(f, &status);
  fits_get_chksum(f, &data_sum, &hdu_sum, &status);
  fits_modify_key_str(f, "DATASUM", fmt::format("{}", data_sum).c_str(), "&", &status);
  fits_get_chksum(f, &data_sum, &hdu_sum, &status);
  fits_encode_chksum(hdu_sum, 1, code.data());
  fits_modify_key_str(f, "CHECKSUM", code.data(), "&", &status);
  check_fits(status, "write the checksum of", file.path(), Errc::io);
}

void write_cards(const FitsHandle& file, const Header& cards) {
  for (const HeaderCard& card : cards.cards()) {
    if (describes_layout(card.key)) continue;
    int status = 0;
    const std::string value = printable(card.value);
    if (card.key == "HISTORY" || card.key == "COMMENT") {
      (card.key == "HISTORY" ? fits_write_history : fits_write_comment)(file.get(), value.c_str(),
                                                                        &status);
      check_fits(status, "write the history to", file.path(), Errc::io);
      continue;
    }
    const std::string comment = printable(card.comment);
    if (card.is_text) {
      fits_update_key_longstr(file.get(), card.key.c_str(), value.c_str(), comment.c_str(),
                              &status);
    } else {
      std::string line = card.key.size() <= 8
                             ? fmt::format("{:<8}= {:>20} / {}", card.key, value, comment)
                             : fmt::format("HIERARCH {} = {} / {}", card.key, value, comment);
      line.resize(std::min<std::size_t>(line.size(), 80));
      fits_update_card(file.get(), card.key.c_str(), line.c_str(), &status);
    }
    check_fits(status, fmt::format("write keyword {} to", printable(card.key)), file.path(),
               Errc::io);
  }
}

}  // namespace skyweft::io
