// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <fitsio.h>

#include "data/detector.hpp"
#include "data/source_list.hpp"
#include "data/star_catalog.hpp"
#include "support/sky_field.hpp"

namespace skyweft::support {

/// A table "ra, dec, magnitude, another, colour, …" in degrees with one line of titles.
inline StarCatalog read_star_csv(const std::filesystem::path& path) {
  StarCatalog s;
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::vector<std::string> cell;
    std::stringstream row{line};
    for (std::string c; std::getline(row, c, ',');) cell.push_back(c);
    if (cell.size() < 3 || cell[2].empty()) continue;
    s.id.push_back(static_cast<StarId>(s.id.size() + 1));
    s.ra_deg.push_back(std::stod(cell[0]));
    s.dec_deg.push_back(std::stod(cell[1]));
    s.pm_ra_mas_yr.push_back(0.0);
    s.pm_dec_mas_yr.push_back(0.0);
    s.mag.push_back(std::stof(cell[2]));
    s.colour.push_back(kNaNf);
  }
  return s;
}

struct Pixels {
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  std::vector<float> value;
};

/// Every `step`th pixel of the first image of a file, from (box.x0, box.y0) on; an empty box is all
/// of it.
inline Pixels read_pixels(const std::filesystem::path& path, PixelBox box = {},
                          std::int64_t step = 1) {
  fitsfile* file = nullptr;
  int status = 0;
  long size[2] = {0, 0};
  fits_open_image(&file, path.c_str(), READONLY, &status);
  fits_get_img_size(file, 2, size, &status);
  if (box.x1 <= box.x0) box.x1 = size[0];
  if (box.y1 <= box.y0) box.y1 = size[1];
  Pixels out;
  out.nx = (box.nx() + step - 1) / step;
  out.ny = (box.ny() + step - 1) / step;
  out.value.resize(static_cast<std::size_t>(out.nx * out.ny));
  long first[2] = {static_cast<long>(box.x0) + 1, static_cast<long>(box.y0) + 1};
  long last[2] = {static_cast<long>(box.x1), static_cast<long>(box.y1)};
  long every[2] = {static_cast<long>(step), static_cast<long>(step)};
  fits_read_subset(file, TFLOAT, first, last, every, nullptr, out.value.data(), nullptr, &status);
  fits_close_file(file, &status);
  if (status != 0) out = {};
  return out;
}

/// Local maxima at least `threshold` above the median of the ring of 6 to 9 px around them and
/// below `saturated`, centred by the light under a Gaussian window of 1.2 px (σ); brightest first.
inline SourceList windowed_peaks(const Pixels& image, float threshold, float saturated) {
  constexpr std::int64_t kReach = 9;
  SourceList out;
  std::vector<float> ring;
  for (std::int64_t y = kReach; y < image.ny - kReach; ++y)
    for (std::int64_t x = kReach; x < image.nx - kReach; ++x) {
      const auto at = [&](std::int64_t i, std::int64_t j) {
        return image.value[static_cast<std::size_t>((y + j) * image.nx + x + i)];
      };
      const float peak = at(0, 0);
      if (!(peak < saturated)) continue;
      bool top = true;
      for (std::int64_t j = -2; j <= 2 && top; ++j)
        for (std::int64_t i = -2; i <= 2; ++i) {
          const float v = at(i, j);
          if (v > peak || (v == peak && (j < 0 || (j == 0 && i < 0)))) top = false;
        }
      if (!top) continue;
      ring.clear();
      for (std::int64_t j = -kReach; j <= kReach; ++j)
        for (std::int64_t i = -kReach; i <= kReach; ++i)
          if (i * i + j * j >= 36 && i * i + j * j <= 81) ring.push_back(at(i, j));
      std::ranges::nth_element(ring, ring.begin() + static_cast<std::ptrdiff_t>(ring.size() / 2));
      const float level = ring[ring.size() / 2];
      // A star's neighbours rise with it; a hot pixel's do not.
      if (peak - level < threshold ||
          at(1, 0) + at(-1, 0) + at(0, 1) + at(0, -1) - 4.0f * level < 0.4f * (peak - level))
        continue;
      double cx = 0.0;
      double cy = 0.0;
      double flux = 0.0;
      for (int round = 0; round < 20; ++round) {
        double sum = 0.0, sx = 0.0, sy = 0.0;
        flux = 0.0;
        for (std::int64_t j = -4; j <= 4; ++j)
          for (std::int64_t i = -4; i <= 4; ++i) {
            const double dx = static_cast<double>(i) - cx;
            const double dy = static_cast<double>(j) - cy;
            const double value = static_cast<double>(at(i, j) - level);
            const double w = value * std::exp(-0.5 * (dx * dx + dy * dy) / 1.44);
            sum += w;
            sx += w * dx;
            sy += w * dy;
            flux += value;
          }
        if (!(sum > 0.0)) break;
        cx = std::clamp(cx + 2.0 * sx / sum, -2.0, 2.0);
        cy = std::clamp(cy + 2.0 * sy / sum, -2.0, 2.0);
      }
      if (!(flux > 0.0) || std::hypot(cx, cy) > 1.5) continue;
      add_source(out, static_cast<double>(x) + cx, static_cast<double>(y) + cy,
                 25.0 - 2.5 * std::log10(flux));
    }
  sort_sources(out);
  return out;
}

}  // namespace skyweft::support
