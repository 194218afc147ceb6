// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_hdus.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/fits_handle.hpp"

namespace skyweft::io {
namespace {

constexpr int kMaxAxes = 9;

int hdu_count(const FitsHandle& file) {
  int status = 0;
  int n_hdu = 0;
  fits_get_num_hdus(file.get(), &n_hdu, &status);
  file.check(status, "count the parts of");
  return n_hdu;
}

void go_to_number(const FitsHandle& file, int number) {
  int status = 0;
  fits_movabs_hdu(file.get(), number + 1, nullptr, &status);
  file.check(status, fmt::format("read HDU {} of", number));
}

std::string name_of_current_hdu(const FitsHandle& file) {
  std::array<char, FLEN_VALUE> value{};
  int status = 0;
  fits_read_key(file.get(), TSTRING, "EXTNAME", value.data(), nullptr, &status);
  fits_clear_errmsg();
  return status == 0 ? std::string{trimmed(value.data())} : std::string{};
}

/// A numeric keyword of the current HDU: `absent` when it is not there, nothing when it is odd.
template <class T>
std::optional<T> number_card(const FitsHandle& file, int type, const char* key, T absent) {
  T value{};
  int status = 0;
  fits_read_key(file.get(), type, key, &value, nullptr, &status);
  fits_clear_errmsg();
  if (status == KEY_NO_EXIST) return absent;
  return status == 0 ? std::optional{value} : std::nullopt;
}

/// How the pixels of the current, uncompressed image lie; nothing when cfitsio should judge.
std::optional<PixelFormat> plain_format(const FitsHandle& file, int bitpix, std::int64_t offset) {
  const auto scale = number_card<double>(file, TDOUBLE, "BSCALE", 1.0);
  const auto zero = number_card<double>(file, TDOUBLE, "BZERO", 0.0);
  constexpr LONGLONG kNone = 1234554321;  // cfitsio's own sign for "no BLANK"
  const auto blank = number_card<LONGLONG>(file, TLONGLONG, "BLANK", kNone);
  if (!scale || !zero || !blank || *scale == 0.0) return std::nullopt;
  PixelFormat format;
  format.offset = offset;
  format.bitpix = bitpix;
  format.scale = *scale;
  format.zero = *zero;
  if (*blank != kNone) format.blank = *blank;
  return format;
}

/// The image in the current HDU, or nothing for tables, empty images and those of one axis.
std::optional<ImageHdu> image_here(const FitsHandle& file, int number) {
  int status = 0;
  int hdu_type = 0;
  fits_get_hdu_type(file.get(), &hdu_type, &status);
  const bool packed = fits_is_compressed_image(file.get(), &status) != 0;
  if (hdu_type != IMAGE_HDU && !packed) return std::nullopt;
  int bitpix = 0;
  int naxis = 0;
  std::array<LONGLONG, kMaxAxes> axis{};
  fits_get_img_paramll(file.get(), kMaxAxes, &bitpix, &naxis, axis.data(), &status);
  LONGLONG data_start = 0;
  fits_get_hduaddrll(file.get(), nullptr, &data_start, nullptr, &status);
  file.check(status, fmt::format("read the image size in HDU {} of", number));
  const auto end = axis.begin() + std::clamp(naxis, 0, kMaxAxes);
  if (naxis < 2 || std::any_of(axis.begin(), end, [](LONGLONG n) { return n < 1; }))
    return std::nullopt;
  ImageHdu image;
  image.number = number;
  image.name = name_of_current_hdu(file);
  image.naxis = naxis;
  image.nx = axis[0];
  image.ny = axis[1];
  image.n_plane = naxis > 2 ? axis[2] : 1;
  image.data_bytes = data_start;
  if (naxis > kMaxAxes ||
      (naxis > 3 && std::any_of(axis.begin() + 3, end, [](LONGLONG n) { return n > 1; })))
    image.n_plane = 0;  // not ours; said when it is asked for
  image.is_packed = packed;
  if (!packed) image.plain = plain_format(file, bitpix, data_start);
  return image;
}

const ImageHdu& usable(const FitsHandle& file, const ImageHdu& image) {
  if (image.n_plane > 0) return image;
  throw Error{Errc::bad_input,
              fmt::format("{} of {} has {} axes; only images and cubes are read: split it first",
                          image.text(), printable(file.path().string()), image.naxis)}
      .because({"n_axes", static_cast<double>(image.naxis), 3.0});
}

std::optional<int> as_number(std::string_view text) {
  int number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || stop != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

[[noreturn]] void fail_missing(const FitsHandle& file, std::string_view wanted,
                               const std::vector<ImageHdu>& images) {
  std::string there;
  for (const ImageHdu& image : images) there += (there.empty() ? "" : ", ") + image.text();
  throw Error{Errc::bad_input, fmt::format("{} holds no image called {}; it holds {}",
                                           printable(file.path().string()), printable(wanted),
                                           there.empty() ? "no image at all" : there)}
      .because({"n_images", 0.0, 1.0});
}

}  // namespace

std::string ImageHdu::text() const {
  return name.empty() ? fmt::format("HDU {}", number)
                      : fmt::format("HDU {} ({})", number, printable(name));
}

std::vector<ImageHdu> find_images(const FitsHandle& file, std::span<const std::string> wanted) {
  const int n_hdu = hdu_count(file);
  std::vector<ImageHdu> images;
  for (int i = 0; i < n_hdu; ++i) {
    go_to_number(file, i);
    const auto image = image_here(file, i);
    if (!image) continue;
    images.push_back(*image);
    if (wanted.empty()) return {usable(file, *image)};
  }
  if (wanted.empty())
    throw Error{Errc::bad_input,
                fmt::format("{} holds no 2-D image", printable(file.path().string()))}
        .because({"n_images", 0.0, 1.0});
  std::vector<ImageHdu> found;
  for (const std::string& one : wanted) {
    const std::string name = lower_case(trimmed(one));
    const std::size_t n_before = found.size();
    if (name == "*") {
      std::ranges::copy_if(images, std::back_inserter(found),
                           [](const ImageHdu& image) { return image.n_plane > 0; });
    } else {
      const auto number = as_number(name);
      const auto it = std::ranges::find_if(images, [&](const ImageHdu& image) {
        return number ? image.number == *number : lower_case(image.name) == name;
      });
      if (it != images.end()) found.push_back(usable(file, *it));
    }
    if (found.size() == n_before) fail_missing(file, one, images);
  }
  return found;
}

void go_to(const FitsHandle& file, const ImageHdu& image) {
  go_to_number(file, image.number);
}

Header merged_header(const FitsHandle& file, const ImageHdu& image) {
  Header header;
  header.add_integer("NAXIS", image.naxis);
  header.add_integer("NAXIS1", image.nx);
  header.add_integer("NAXIS2", image.ny);
  for (int i = 3; i <= image.naxis; ++i)
    header.add_integer(fmt::format("NAXIS{}", i), i == 3 ? image.n_plane : 1);
  const auto add_missing = [&](const Header& more) {
    std::vector<HeaderCard> wanted;
    for (const HeaderCard& card : more.cards())
      if (!header.has(card.key)) wanted.push_back(card);
    for (HeaderCard& card : wanted) header.add(std::move(card));
  };
  go_to(file, image);
  add_missing(header_of_current_hdu(file));
  if (image.number == 0) return header;
  go_to_number(file, 0);
  add_missing(header_of_current_hdu(file));
  go_to(file, image);
  return header;
}

}  // namespace skyweft::io
