// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/fits.hpp"
#include "io/fits_handle.hpp"

namespace skyweft::io {
namespace {

struct ImageShape {
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  int naxis = 0;
};

/// The shape of the current HDU when it holds pixels; nothing for tables and empty images.
std::optional<ImageShape> image_shape(const FitsHandle& file) {
  int status = 0;
  int hdu_type = 0;
  fits_get_hdu_type(file.get(), &hdu_type, &status);
  if (hdu_type != IMAGE_HDU && fits_is_compressed_image(file.get(), &status) == 0)
    return std::nullopt;
  int bitpix = 0;
  int naxis = 0;
  std::array<LONGLONG, 9> axis{};
  fits_get_img_paramll(file.get(), static_cast<int>(axis.size()), &bitpix, &naxis, axis.data(),
                       &status);
  file.check(status, "read the image size of");
  if (naxis == 0 || std::any_of(axis.begin(), axis.begin() + std::min(naxis, 9),
                                [](LONGLONG n) { return n == 0; }))
    return std::nullopt;
  const bool flat =
      naxis >= 2 && naxis <= 9 &&
      std::all_of(axis.begin() + 2, axis.begin() + naxis, [](LONGLONG n) { return n == 1; });
  if (!flat || axis[0] < 1 || axis[1] < 1)
    throw Error{
        Errc::bad_input,
        fmt::format("{} holds an image of {} axes ({} x {} x {}…); only 2-D images are read: split "
                    "cubes and colour images first",
                    printable(file.path().string()), naxis, axis[0], axis[1], axis[2])};
  return ImageShape{axis[0], axis[1], naxis};
}

int hdu_count(const FitsHandle& file) {
  int status = 0;
  int n_hdu = 0;
  fits_get_num_hdus(file.get(), &n_hdu, &status);
  file.check(status, "count the parts of");
  return n_hdu;
}

void go_to(const FitsHandle& file, int i_hdu) {
  int status = 0;
  fits_movabs_hdu(file.get(), i_hdu, nullptr, &status);
  file.check(status, fmt::format("read part {} of", i_hdu));
}

void check_size(const ImageShape& shape, std::int64_t max_pixels, const FitsHandle& file) {
  if (shape.nx <= max_pixels / shape.ny) return;
  throw Error{
      Errc::bad_input,
      fmt::format("{} says it has {} x {} pixels, more than {} in all; is the header right?",
                  printable(file.path().string()), shape.nx, shape.ny, max_pixels)}
      .because({"n_pixels", static_cast<double>(shape.nx) * static_cast<double>(shape.ny),
                static_cast<double>(max_pixels)});
}

/// Makes the first 2-D image the current HDU.
ImageShape go_to_first_image(const FitsHandle& file) {
  const int n_hdu = hdu_count(file);
  for (int i = 1; i <= n_hdu; ++i) {
    go_to(file, i);
    if (const auto shape = image_shape(file)) return *shape;
  }
  throw Error{Errc::bad_input,
              fmt::format("{} holds no 2-D image", printable(file.path().string()))}
      .because({"n_images", 0.0, 1.0});
}

ImageShape go_to_named_image(const FitsHandle& file, std::string_view name) {
  const int n_hdu = hdu_count(file);
  for (int i = 1; i <= n_hdu; ++i) {
    go_to(file, i);
    const auto found = header_of_current_hdu(file).text("EXTNAME");
    if (!found || lower_case(*found) != lower_case(name)) continue;
    if (const auto shape = image_shape(file)) return *shape;
  }
  throw Error{Errc::bad_input, fmt::format("{} holds no image called {}",
                                           printable(file.path().string()), printable(name))};
}

/// The image's keywords, then what only the primary header has. The axes are the image's own, where
/// a compressed one would show those of the table that holds it.
Header merged_header(const FitsHandle& file, const ImageShape& shape) {
  Header header;
  header.add_integer("NAXIS", shape.naxis);
  header.add_integer("NAXIS1", shape.nx);
  header.add_integer("NAXIS2", shape.ny);
  const auto add_missing = [&](const Header& more) {
    std::vector<HeaderCard> wanted;
    for (const HeaderCard& card : more.cards())
      if (!header.has(card.key)) wanted.push_back(card);
    for (HeaderCard& card : wanted) header.add(std::move(card));
  };
  add_missing(header_of_current_hdu(file));
  int i_hdu = 1;
  fits_get_hdu_num(file.get(), &i_hdu);
  if (i_hdu == 1) return header;
  go_to(file, 1);
  add_missing(header_of_current_hdu(file));
  go_to(file, i_hdu);
  return header;
}

template <class T>
void read_pixels(const FitsHandle& file, const ImageShape& shape, std::int64_t first_row,
                 std::int64_t n_row, int type, T null_value, std::span<T> out) {
  std::array<LONGLONG, 9> first{};
  first.fill(1);
  first[1] = first_row + 1;  // FITS counts from one
  int status = 0;
  int any_null = 0;
  fits_read_pixll(file.get(), type, first.data(), shape.nx * n_row, &null_value, out.data(),
                  &any_null, &status);
  file.check(status, "read pixels of");
}

template <class T>
Grid<T> read_named(const std::filesystem::path& path, std::string_view name, int type,
                   T null_value) {
  const FitsHandle file = FitsHandle::open(path);
  const ImageShape shape = go_to_named_image(file, name);
  check_size(shape, kMaxPixels, file);
  verify_checksum(file);
  Grid<T> grid{shape.nx, shape.ny};
  read_pixels(file, shape, 0, shape.ny, type, null_value, grid.pixels());
  return grid;
}

}  // namespace

Header read_header(const std::filesystem::path& path) {
  const FitsHandle file = FitsHandle::open(path);
  const ImageShape shape = go_to_first_image(file);
  return merged_header(file, shape);
}

struct ImageReader::State {
  FitsHandle file;
  ImageShape shape;
  Header header;
};

ImageReader::ImageReader(const std::filesystem::path& path, std::int64_t max_pixels)
    : state_(std::make_unique<State>()) {
  state_->file = FitsHandle::open(path);
  state_->shape = go_to_first_image(state_->file);
  check_size(state_->shape, max_pixels, state_->file);
  verify_checksum(state_->file);
  state_->header = merged_header(state_->file, state_->shape);
}

ImageReader::~ImageReader() = default;
ImageReader::ImageReader(ImageReader&&) noexcept = default;
ImageReader& ImageReader::operator=(ImageReader&&) noexcept = default;

std::int64_t ImageReader::nx() const noexcept {
  return state_->shape.nx;
}
std::int64_t ImageReader::ny() const noexcept {
  return state_->shape.ny;
}
const Header& ImageReader::header() const noexcept {
  return state_->header;
}

void ImageReader::read_rows(std::int64_t first_row, std::int64_t n_row,
                            std::span<float> out) const {
  if (first_row < 0 || n_row < 0 || first_row + n_row > ny() ||
      static_cast<std::int64_t>(out.size()) != n_row * nx())
    throw Error{Errc::internal, fmt::format("rows {} to {} asked of an image of {} rows", first_row,
                                            first_row + n_row, ny())};
  if (n_row == 0) return;
  read_pixels(state_->file, state_->shape, first_row, n_row, TFLOAT,
              std::numeric_limits<float>::quiet_NaN(), out);
  std::ranges::replace_if(
      out, [](float v) { return std::isinf(v); }, std::numeric_limits<float>::quiet_NaN());
}

RawImage read_image(const std::filesystem::path& path, std::int64_t max_pixels) {
  const ImageReader reader{path, max_pixels};
  RawImage image{Grid<float>{reader.nx(), reader.ny()}, Mask{reader.nx(), reader.ny()},
                 reader.header()};
  reader.read_rows(0, reader.ny(), image.adu.pixels());
  const auto adu = image.adu.pixels();
  const auto mask = image.mask.pixels();
  for (std::size_t i = 0; i < adu.size(); ++i) {
    if (std::isfinite(adu[i])) continue;
    adu[i] = 0.0f;
    mask[i] = mask::no_data;
  }
  return image;
}

Grid<float> read_plane(const std::filesystem::path& path, std::string_view name) {
  return read_named<float>(path, name, TFLOAT, std::numeric_limits<float>::quiet_NaN());
}

Mask read_mask_plane(const std::filesystem::path& path, std::string_view name) {
  return read_named<std::uint16_t>(path, name, TUSHORT, mask::no_data);
}

}  // namespace skyweft::io
