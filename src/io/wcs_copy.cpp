// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fitsio.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/camera_raw.hpp"
#include "io/files.hpp"
#include "io/fits_handle.hpp"
#include "io/fits_hdus.hpp"
#include "io/wcs_cards.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kCard = 80;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes digits off the front; false when there is none.
bool take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return false;
  while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  return true;
}

/// "CTYPE" + "1", "CD" + "1_2": nothing behind the numbers, which excludes alternatives ("1A").
bool is_numbered(std::string_view key, std::string_view name, int n_number) {
  if (!key.starts_with(name)) return false;
  key.remove_prefix(name.size());
  for (int i = 0; i < n_number; ++i) {
    if (i > 0) {
      if (!key.starts_with('_')) return false;
      key.remove_prefix(1);
    }
    if (!take_number(key)) return false;
  }
  return key.empty();
}

/// Writes the file's content, unpacked when it is a .gz, to `part`.
void copy_bytes(const FitsBytes& bytes, const std::filesystem::path& part) {
  struct Close {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };
  std::unique_ptr<std::FILE, Close> out{std::fopen(part.c_str(), "wb")};
  const auto fail = [&] { throw Error{Errc::io, io_failure_text("write", part, errno)}; };
  if (!out) fail();
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (std::int64_t at = 0; at < bytes.size();) {
    const auto n = std::min<std::int64_t>(bytes.size() - at, std::ssize(piece));
    const std::span now{piece.data(), static_cast<std::size_t>(n)};
    bytes.read(at, now);
    if (std::fwrite(now.data(), 1, now.size(), out.get()) != now.size()) fail();
    at += n;
  }
  if (std::fclose(out.release()) != 0) fail();
}

std::string key_of(const char* card) {
  std::array<char, FLEN_KEYWORD> key{};
  int length = 0;
  int status = 0;
  fits_get_keyname(const_cast<char*>(card), key.data(), &length, &status);
  fits_clear_errmsg();
  return status == 0 ? std::string{key.data()} : std::string{};
}

/// Deletes the world coordinates of the current HDU; says whether it has a checksum.
bool remove_wcs(const FitsHandle& file) {
  int status = 0;
  int n_card = 0;
  bool has_checksum = false;
  std::array<char, FLEN_CARD> card{};
  fits_get_hdrspace(file.get(), &n_card, nullptr, &status);
  for (int i = n_card; i >= 1 && status == 0; --i) {
    fits_read_record(file.get(), i, card.data(), &status);
    if (std::string_view{card.data()}.starts_with("HIERARCH")) continue;
    const std::string key = key_of(card.data());
    has_checksum = has_checksum || key == "CHECKSUM" || key == "DATASUM";
    // The last export's remarks go with its keywords.
    const bool is_ours = std::string_view{card.data()}.starts_with("COMMENT skyweft: ");
    if (is_ours || is_wcs_key(key)) fits_delete_record(file.get(), i, &status);
  }
  check_fits(status, "remove the old world coordinates from", file.path(), Errc::io);
  return has_checksum;
}

/// The records of the current HDU whose keys are not in `known`; adds their keys to it.
std::string records(const FitsHandle& file, std::set<std::string>& known) {
  std::string out;
  std::set<std::string> here;
  int status = 0;
  int n_card = 0;
  std::array<char, FLEN_CARD> card{};
  fits_get_hdrspace(file.get(), &n_card, nullptr, &status);
  for (int i = 1; i <= n_card; ++i) {
    fits_read_record(file.get(), i, card.data(), &status);
    file.check(status, "read the header of");
    const std::string key = key_of(card.data());
    if (known.contains(key)) continue;
    here.insert(key);
    std::string line = card.data();
    line.resize(kCard, ' ');
    out += line;
  }
  known.merge(here);
  return out;
}

}  // namespace

bool is_wcs_key(std::string_view key) {
  constexpr std::array<std::string_view, 12> kWhole{"WCSAXES", "WCSNAME", "WCSDIM",   "LONPOLE",
                                                    "LATPOLE", "RADESYS", "RADECSYS", "EQUINOX",
                                                    "A_ORDER", "B_ORDER", "SIPERR",   "SIPINERR"};
  constexpr std::array<std::string_view, 6> kMore{"AP_ORDER", "BP_ORDER", "A_DMAX",
                                                  "B_DMAX",   "AP_DMAX",  "BP_DMAX"};
  constexpr std::array<std::string_view, 16> kOneAxis{
      "CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT", "CROTA", "CRDER",   "CSYER",
      "CPDIS", "CQDIS", "CPERR", "CQERR", "DP",    "DQ",    "D2IMDIS", "D2IMERR"};
  constexpr std::array<std::string_view, 9> kTwo{"CD", "PC", "PV",  "PS", "WAT",
                                                 "A_", "B_", "AP_", "BP_"};
  return std::ranges::find(kWhole, key) != kWhole.end() ||
         std::ranges::find(kMore, key) != kMore.end() ||
         std::ranges::any_of(kOneAxis, [&](auto name) { return is_numbered(key, name, 1); }) ||
         std::ranges::any_of(kTwo, [&](auto name) { return is_numbered(key, name, 2); });
}

void write_wcs_copy(const std::filesystem::path& raw, const RawLayout& layout,
                    const std::filesystem::path& copy, const TanSip& sip) {
  const std::string name = printable(raw.string());
  if (is_camera_raw(raw))
    throw Error{Errc::bad_input, fmt::format("{} is a camera's raw file, which has no FITS header "
                                             "to write to; export the .wcs file instead",
                                             name)};
  AtomicFile atomic{copy};
  ImageHdu image;
  {
    const FitsHandle source = FitsHandle::open(raw);
    const std::vector<ImageHdu> images = find_images(source, layout.hdus);
    if (images.size() != 1)
      throw Error{Errc::bad_input,
                  fmt::format("the frame is joined from {} images of {}, and one header cannot "
                              "describe it; export the .wcs file instead",
                              images.size(), name)};
    image = images.front();
    copy_bytes(source.bytes(), atomic.part_name());
  }
  FitsHandle file = FitsHandle::edit(atomic.part_name());
  int status = 0;
  fits_movabs_hdu(file.get(), image.number + 1, nullptr, &status);
  check_fits(status, "find the image in", copy, Errc::io);
  const bool has_checksum = remove_wcs(file);
  write_cards(file, wcs_cards(sip));
  if (has_checksum) write_checksum(file);
  file.close();
  atomic.commit();
}

std::string header_cards(const std::filesystem::path& path, const RawLayout& layout) {
  if (is_camera_raw(path)) return {};
  const FitsHandle file = FitsHandle::open(path);
  const std::vector<ImageHdu> images = find_images(file, layout.hdus);
  std::set<std::string> known;
  go_to(file, images.front());
  std::string out = records(file, known);
  if (images.front().number != 0) {
    int status = 0;
    fits_movabs_hdu(file.get(), 1, nullptr, &status);
    file.check(status, "read the primary header of");
    out += records(file, known);
  }
  return out;
}

}  // namespace skyweft::io
