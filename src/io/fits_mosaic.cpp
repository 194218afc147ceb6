// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_mosaic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/fits_handle.hpp"
#include "io/fits_tiles.hpp"

namespace skyweft::io {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

void check_plane(const ImageHdu& image, std::int64_t plane, const std::filesystem::path& path) {
  if (plane >= 0 && plane < image.n_plane) return;
  throw Error{Errc::bad_input,
              fmt::format("{} of {} has {} planes, so there is no plane {}", image.text(),
                          printable(path.string()), image.n_plane, plane)}
      .because({"plane", static_cast<double>(plane), static_cast<double>(image.n_plane)});
}

}  // namespace

void check_image_size(std::int64_t nx, std::int64_t ny, std::int64_t max_pixels,
                      const std::filesystem::path& path) {
  if (nx <= max_pixels / ny) return;
  throw Error{
      Errc::bad_input,
      fmt::format("{} says it has {} x {} pixels, more than {} in all; is the header right?",
                  printable(path.string()), nx, ny, max_pixels)}
      .because({"n_pixels", static_cast<double>(nx) * static_cast<double>(ny),
                static_cast<double>(max_pixels)});
}

template <class T>
void read_by_cfitsio(const FitsHandle& file, const ImageHdu& image, std::int64_t plane,
                     std::int64_t first_row, std::int64_t n_row, int type, T null_value,
                     std::span<T> out) {
  std::array<LONGLONG, 9> first{};
  first.fill(1);  // FITS counts from one
  first[1] = first_row + 1;
  first[2] = plane + 1;
  int status = 0;
  int any_null = 0;
  fits_read_pixll(file.get(), type, first.data(), image.nx * n_row, &null_value, out.data(),
                  &any_null, &status);
  if (status == 0) return;
  try {
    file.check(status, fmt::format("read rows {} to {} of {} (data from byte {} on) of", first_row,
                                   first_row + n_row - 1, image.text(), image.data_bytes));
  } catch (const Error& e) {
    throw Error{Errc::bad_input, e.text() + "; copy the file again"}.because(
        {"decompress", static_cast<double>(status), 0.0});
  }
}
template void read_by_cfitsio<float>(const FitsHandle&, const ImageHdu&, std::int64_t, std::int64_t,
                                     std::int64_t, int, float, std::span<float>);
template void read_by_cfitsio<std::uint16_t>(const FitsHandle&, const ImageHdu&, std::int64_t,
                                             std::int64_t, std::int64_t, int, std::uint16_t,
                                             std::span<std::uint16_t>);

FitsMosaic::FitsMosaic(const std::filesystem::path& path, const RawLayout& layout,
                       std::int64_t max_pixels, bool verify)
    : plane_(layout.plane) {
  FitsHandle file = FitsHandle::open(path);
  for (ImageHdu& image : find_images(file, layout.hdus)) {
    check_plane(image, plane_, path);
    if (ny_ > std::numeric_limits<std::int64_t>::max() - image.ny)
      check_image_size(image.nx, image.ny, max_pixels, path);
    nx_ = std::max(nx_, image.nx);
    pieces_.push_back({std::move(image), ny_, nullptr});
    ny_ += pieces_.back().image.ny;
    check_image_size(nx_, ny_, max_pixels, path);
  }
  bool all_plain = true;
  for (Piece& piece : pieces_) {
    go_to(file, piece.image);
    if (verify) verify_checksum(file);
    if (piece.image.is_packed)
      piece.tiles = std::make_unique<TileGuard>(file, piece.image, max_pixels);
    all_plain = all_plain && piece.image.plain;
  }
  header_ = merged_header(file, pieces_.front().image);
  if (all_plain)
    bytes_ = std::move(file).into_bytes();
  else
    file_ = std::make_unique<FitsHandle>(std::move(file));
}

FitsMosaic::~FitsMosaic() = default;
FitsMosaic::FitsMosaic(FitsMosaic&&) noexcept = default;
FitsMosaic& FitsMosaic::operator=(FitsMosaic&&) noexcept = default;

/// Rows of one image, [n_row][image.nx].
void FitsMosaic::read_piece(const Piece& piece, std::int64_t first_row, std::int64_t n_row,
                            std::span<float> out) const {
  const ImageHdu& image = piece.image;
  if (image.plain) {
    const FitsBytes& bytes = file_ ? file_->bytes() : bytes_;
    read_plain_pixels(bytes, *image.plain, (plane_ * image.ny + first_row) * image.nx, out);
    return;
  }
  go_to(*file_, image);
  if (piece.tiles) piece.tiles->check_rows(*file_, plane_, first_row, n_row);
  read_by_cfitsio<float>(*file_, image, plane_, first_row, n_row, TFLOAT, kNoValue, out);
  std::ranges::replace_if(
      out, [](float v) { return std::isinf(v); }, kNoValue);
}

void FitsMosaic::read_rows(std::int64_t first_row, std::int64_t n_row, std::span<float> out) const {
  for (const Piece& piece : pieces_) {
    const std::int64_t width = piece.image.nx;
    const std::int64_t first = std::max(first_row, piece.first_row);
    const std::int64_t end = std::min(first_row + n_row, piece.first_row + piece.image.ny);
    if (first >= end) continue;
    const std::int64_t n = end - first;
    const std::span<float> part = out.subspan(static_cast<std::size_t>((first - first_row) * nx_),
                                              static_cast<std::size_t>(n * nx_));
    // Rows are read close together at the end of their place, then each is moved to its own.
    const auto n_pixel = static_cast<std::size_t>(n * width);
    const std::span<float> packed = part.last(n_pixel);
    read_piece(piece, first - piece.first_row, n, packed);
    if (width == nx_) continue;
    for (std::int64_t row = 0; row < n; ++row) {
      const auto to = part.begin() + row * nx_;
      const auto from = packed.begin() + row * width;
      std::copy(from, from + width, to);
      // What is still packed lies behind this row's place.
      std::fill(to + width, to + nx_, kNoValue);
    }
  }
}

}  // namespace skyweft::io
