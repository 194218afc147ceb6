// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <array>
#include <bit>

#include <fmt/format.h>

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

template <class T>
void write_pixels(const FitsHandle& file, const Grid<T>& grid) {
  int status = 0;
  std::array<LONGLONG, 2> axis{grid.nx(), grid.ny()};
  fits_create_imgll(file.get(), kImageType<T>, 2, axis.data(), &status);
  std::array<LONGLONG, 2> first{1, 1};
  // cfitsio wants a mutable pointer but does not write to it.
  fits_write_pixll(file.get(), kPixelType<T>, first.data(), grid.size(),
                   const_cast<T*>(grid.pixels().data()), &status);
  check_fits(status, "write pixels to", file.path(), Errc::io);
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
                 const Header& cards) {
  AtomicFile atomic{path};
  FitsHandle file = FitsHandle::create(atomic.part_name());
  bool is_first = true;
  for (const ImagePlane& plane : planes) {
    std::visit([&](const auto* grid) { write_pixels(file, *grid); }, plane.pixels);
    write_name(file, plane);
    write_cards(file, plane_cards(plane));
    if (is_first) write_cards(file, cards);
    is_first = false;
    write_checksum(file);
  }
  file.close();
  atomic.commit();
}

}  // namespace skyweft::io
