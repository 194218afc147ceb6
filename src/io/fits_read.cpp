// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/camera_raw.hpp"
#include "io/fits.hpp"
#include "io/fits_handle.hpp"
#include "io/fits_hdus.hpp"
#include "io/fits_mosaic.hpp"
#include "io/fits_tiles.hpp"

namespace skyweft::io {
namespace {

template <class T>
Grid<T> read_named(const std::filesystem::path& path, std::string_view name, int type,
                   T null_value) {
  const FitsHandle file = FitsHandle::open(path);
  const std::array<std::string, 1> wanted{std::string{name}};
  const ImageHdu image = find_images(file, wanted).front();
  check_image_size(image.nx, image.ny, kMaxPixels, path);
  go_to(file, image);
  verify_checksum(file);
  if (image.is_packed) TileGuard{file, image, kMaxPixels}.check_rows(file, 0, 0, image.ny);
  Grid<T> grid{image.nx, image.ny};
  read_by_cfitsio<T>(file, image, 0, 0, image.ny, type, null_value, grid.pixels());
  return grid;
}

}  // namespace

Header read_header(const std::filesystem::path& path) {
  return read_headers(path, {}).front();
}

std::vector<Header> read_headers(const std::filesystem::path& path,
                                 std::span<const std::string> hdus) {
  if (is_camera_raw(path)) return {read_camera_raw_header(path)};
  const FitsHandle file = FitsHandle::open(path);
  std::vector<Header> headers;
  for (const ImageHdu& image : find_images(file, hdus))
    headers.push_back(merged_header(file, image));
  return headers;
}

struct ImageReader::State {
  std::optional<CameraRaw> camera;  ///< what `mosaic` is for FITS
  std::optional<FitsMosaic> mosaic;
  RawLayout layout;
  Header header;
  std::int64_t mosaic_nx = 0;
  std::int64_t nx = 0;
  std::int64_t ny = 0;

  /// Rows of the mosaic, before a channel is taken.
  void read(std::int64_t first_row, std::int64_t n_row, std::span<float> out) const {
    if (mosaic) return mosaic->read_rows(first_row, n_row, out);
    const auto from = camera->pixels.pixels().subspan(
        static_cast<std::size_t>(first_row * mosaic_nx), out.size());
    std::ranges::transform(from, out.begin(),
                           [](std::uint16_t v) { return static_cast<float>(v); });
  }
};

namespace {

/// How many pixels a channel has along an axis of `n`.
std::int64_t channel_length(std::int64_t n, std::int64_t start, std::int64_t step, char axis,
                            const std::filesystem::path& path) {
  if (start >= 0 && step >= 1 && start < n) return (n - 1 - start) / step + 1;
  throw Error{
      Errc::bad_input,
      fmt::format("{} has no channel that starts at {} {} with step {}: it has {} pixels there",
                  printable(path.string()), axis, start, step, n)}
      .because({"channel", static_cast<double>(start), static_cast<double>(n)});
}

}  // namespace

ImageReader::ImageReader(const std::filesystem::path& path, const RawLayout& layout,
                         std::int64_t max_pixels, Verify verify)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.layout = layout;
  std::int64_t mosaic_ny = 0;
  if (is_camera_raw(path)) {
    s.camera = read_camera_raw(path, layout, max_pixels);
    s.header = std::move(s.camera->header);
    s.mosaic_nx = s.camera->pixels.nx();
    mosaic_ny = s.camera->pixels.ny();
  } else {
    s.mosaic.emplace(path, layout, max_pixels, verify == Verify::yes);
    s.header = s.mosaic->header();
    s.mosaic_nx = s.mosaic->nx();
    mosaic_ny = s.mosaic->ny();
  }
  s.nx = channel_length(s.mosaic_nx, layout.x_start, layout.x_step, 'x', path);
  s.ny = channel_length(mosaic_ny, layout.y_start, layout.y_step, 'y', path);
}

ImageReader::~ImageReader() = default;
ImageReader::ImageReader(ImageReader&&) noexcept = default;
ImageReader& ImageReader::operator=(ImageReader&&) noexcept = default;

std::int64_t ImageReader::nx() const noexcept {
  return state_->nx;
}
std::int64_t ImageReader::ny() const noexcept {
  return state_->ny;
}
const Header& ImageReader::header() const noexcept {
  return state_->header;
}

void ImageReader::read_rows(std::int64_t first_row, std::int64_t n_row,
                            std::span<float> out) const {
  if (first_row < 0 || n_row < 0 || first_row > ny() - n_row ||
      static_cast<std::int64_t>(out.size()) != n_row * nx())
    throw Error{Errc::internal, fmt::format("rows {} to {} asked of an image of {} rows", first_row,
                                            first_row + n_row, ny())};
  if (n_row == 0) return;
  const State& s = *state_;
  const RawLayout& at = s.layout;
  if (s.nx == s.mosaic_nx && at.y_step == 1) {
    s.read(at.y_start + first_row, n_row, out);
    return;
  }
  // Bands of the mosaic that stay in cache, every y_step-th row of which is thinned out.
  constexpr std::int64_t kBandPixels = std::int64_t{1} << 18;
  const std::int64_t rows_at_once =
      std::max<std::int64_t>(1, kBandPixels / (s.mosaic_nx * at.y_step));
  std::vector<float> band;
  for (std::int64_t done = 0; done < n_row; done += rows_at_once) {
    const std::int64_t n = std::min(rows_at_once, n_row - done);
    const std::int64_t band_rows = (n - 1) * at.y_step + 1;
    band.resize(static_cast<std::size_t>(band_rows * s.mosaic_nx));
    s.read(at.y_start + (first_row + done) * at.y_step, band_rows, band);
    for (std::int64_t row = 0; row < n; ++row) {
      const float* from = band.data() + row * at.y_step * s.mosaic_nx + at.x_start;
      float* to = out.data() + (done + row) * s.nx;
      for (std::int64_t x = 0; x < s.nx; ++x) to[x] = from[x * at.x_step];
    }
  }
}

RawImage read_image(const std::filesystem::path& path, const RawLayout& layout,
                    std::int64_t max_pixels) {
  const ImageReader reader{path, layout, max_pixels};
  RawImage image{Grid<float>{reader.nx(), reader.ny()}, Mask{reader.nx(), reader.ny()},
                 reader.header()};
  // Row by row while the values are still in cache.
  constexpr std::int64_t kStripPixels = std::int64_t{1} << 18;
  const std::int64_t strip = std::max<std::int64_t>(1, kStripPixels / reader.nx());
  for (std::int64_t y = 0; y < reader.ny(); y += strip) {
    const std::int64_t n_row = std::min(strip, reader.ny() - y);
    const auto first = static_cast<std::size_t>(y * reader.nx());
    const auto n = static_cast<std::size_t>(n_row * reader.nx());
    const std::span<float> adu = image.adu.pixels().subspan(first, n);
    const std::span<MaskBits> mask = image.mask.pixels().subspan(first, n);
    reader.read_rows(y, n_row, adu);
    for (std::size_t i = 0; i < n; ++i) {
      const bool measured = adu[i] == adu[i];
      mask[i] = measured ? MaskBits{0} : mask::no_data;
      adu[i] = measured ? adu[i] : 0.0f;
    }
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
