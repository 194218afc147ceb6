// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "io/fits_handle.hpp"

namespace skyweft::io {
namespace {

template <class T>
inline constexpr int kImageType = 0;
template <>
inline constexpr int kImageType<float> = FLOAT_IMG;
template <>
inline constexpr int kImageType<std::uint16_t> = USHORT_IMG;
template <>
inline constexpr int kImageType<std::int32_t> = LONG_IMG;

template <class T>
inline constexpr int kPixelType = 0;
template <>
inline constexpr int kPixelType<float> = TFLOAT;
template <>
inline constexpr int kPixelType<std::uint16_t> = TUSHORT;
template <>
inline constexpr int kPixelType<std::int32_t> = TINT;

/// Tells cfitsio how the next image is to be stored.
template <class T>
void choose_packing(const FitsHandle& file, const Packing& packing) {
  int status = 0;
  constexpr bool real = std::is_floating_point_v<T>;
  const bool lossy = real && packing.q > 0.0;
  int method = 0;  // none
  if (packing.method == "gzip" || (packing.is_on() && real && !lossy))
    method = GZIP_2;  // bytes of equal weight together: smaller than GZIP_1
  else if (packing.method == "hcompress" && lossy)
    method = HCOMPRESS_1;
  else if (packing.is_on())
    method = RICE_1;
  fits_set_compression_type(file.get(), method, &status);
  if (real && packing.is_on()) {
    // HCOMPRESS smears zeros, so it knows only the dither that does not keep them.
    const int dither = !packing.dither         ? NO_DITHER
                       : method == HCOMPRESS_1 ? SUBTRACTIVE_DITHER_1
                                               : SUBTRACTIVE_DITHER_2;
    fits_set_quantize_level(file.get(), lossy ? static_cast<float>(packing.q) : 9999.0f, &status);
    fits_set_quantize_method(file.get(), dither, &status);
    fits_set_dither_seed(file.get(), 1, &status);  // the same in all files: equal bytes
  }
  check_fits(status, "choose the compression of", file.path(), Errc::io);
}

template <class T>
void write_pixels(const FitsHandle& file, const Grid<T>& grid, const Packing& packing) {
  choose_packing<T>(file, packing);
  int status = 0;
  std::array<LONGLONG, 2> axis{grid.nx(), grid.ny()};
  fits_create_imgll(file.get(), kImageType<T>, 2, axis.data(), &status);
  std::array<LONGLONG, 2> first{1, 1};
  // cfitsio wants mutable pointers but does not write to them.
  T* pixels = const_cast<T*>(grid.pixels().data());
  std::vector<T> marked;
  T sign{};
  if constexpr (std::is_floating_point_v<T>) {
    if (packing.is_on() && packing.q > 0.0) {  // rounding knows NaN only by cfitsio's own sign
      sign = FLOATNULLVALUE;
      marked.assign(pixels, pixels + grid.size());
      std::ranges::replace_if(
          marked, [](T v) { return !std::isfinite(v); }, sign);
      pixels = marked.data();
    }
  }
  if (marked.empty())
    fits_write_pixll(file.get(), kPixelType<T>, first.data(), grid.size(), pixels, &status);
  else
    fits_write_pixnullll(file.get(), kPixelType<T>, first.data(), grid.size(), pixels, &sign,
                         &status);
  check_fits(status, "write pixels to", file.path(), Errc::io);
}

/// The table of a packed image gets its final header when it is left.
void settle(const FitsHandle& file) {
  int status = 0;
  int number = 0;
  fits_get_hdu_num(file.get(), &number);
  fits_movabs_hdu(file.get(), 1, nullptr, &status);
  fits_movabs_hdu(file.get(), number, nullptr, &status);
  check_fits(status, "finish an image in", file.path(), Errc::io);
}

void write_empty_primary(const FitsHandle& file) {
  int status = 0;
  fits_create_imgll(file.get(), BYTE_IMG, 0, nullptr, &status);
  check_fits(status, "begin", file.path(), Errc::io);
  write_checksum(file);
}

void check_packing(const Packing& packing) {
  constexpr std::array<std::string_view, 4> kMethods{"none", "rice", "gzip", "hcompress"};
  if (std::ranges::find(kMethods, packing.method) == kMethods.end() || !(packing.q >= 0.0))
    throw Error{
        Errc::bad_config,
        fmt::format("cannot pack images by \"{}\" with q = {}; methods are none, rice, gzip "
                    "and hcompress, q is 0 or more",
                    printable(packing.method), packing.q)};
}

Header plane_cards(const ImagePlane& plane) {
  Header cards;
  if (plane.name != "MASK") return cards;
  for (const FlagBit& flag : mask::kTable)
    cards.add_text(fmt::format("MSKB{}", std::countr_zero(flag.bit)), flag.name,
                   std::string{flag.meaning});
  return cards;
}

void write_name(const FitsHandle& file, const ImagePlane& plane) {
  int status = 0;
  fits_update_key_str(file.get(), "EXTNAME", plane.name.c_str(), "", &status);
  if (!plane.unit.empty())
    fits_update_key_str(file.get(), "BUNIT", plane.unit.c_str(), "", &status);
  check_fits(status, "name an image in", file.path(), Errc::io);
}

}  // namespace

void write_image(const std::filesystem::path& path, const std::vector<ImagePlane>& planes,
                 const Header& cards, const Packing& packing) {
  check_packing(packing);
  AtomicFile atomic{path};
  FitsHandle file = FitsHandle::create(atomic.part_name());
  if (packing.is_on()) write_empty_primary(file);
  bool is_first = true;
  for (const ImagePlane& plane : planes) {
    std::visit([&](const auto* grid) { write_pixels(file, *grid, packing); }, plane.pixels);
    write_name(file, plane);
    write_cards(file, plane_cards(plane));
    if (is_first) write_cards(file, cards);
    is_first = false;
    if (packing.is_on()) settle(file);
    write_checksum(file);
  }
  file.close();
  atomic.commit();
}

}  // namespace skyweft::io
