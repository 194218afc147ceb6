// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fitsio.h>
#include <gtest/gtest.h>

#include "sky/solve.hpp"
#include "support/real_data.hpp"
#include "support/sky_field.hpp"
#include "support/sky_frames.hpp"

namespace {

using namespace skyweft;

/// Local maxima 60 ADU above the median, centred by the light in 5 × 5 pixels.
SourceList crude_peaks(const std::filesystem::path& path, std::int64_t& nx, std::int64_t& ny) {
  fitsfile* file = nullptr;
  int status = 0;
  long size[2] = {0, 0};
  fits_open_image(&file, path.c_str(), READONLY, &status);
  fits_get_img_size(file, 2, size, &status);
  std::vector<float> a(static_cast<std::size_t>(size[0] * size[1]));
  fits_read_img(file, TFLOAT, 1, size[0] * size[1], nullptr, a.data(), nullptr, &status);
  fits_close_file(file, &status);
  nx = size[0];
  ny = size[1];
  std::vector<float> sorted = a;
  std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2));
  const float level = sorted[sorted.size() / 2];
  SourceList s;
  const auto at = [&](std::int64_t x, std::int64_t y) {
    return a[static_cast<std::size_t>(y * nx + x)] - level;
  };
  for (std::int64_t y = 3; y < ny - 3; ++y)
    for (std::int64_t x = 3; x < nx - 3; ++x) {
      const float peak = at(x, y);
      if (peak < 60.0f) continue;
      bool top = true;
      double sum = 0.0, sx = 0.0, sy = 0.0;
      for (std::int64_t j = -2; j <= 2; ++j)
        for (std::int64_t i = -2; i <= 2; ++i) {
          const float v = at(x + i, y + j);
          if (v > peak || (v == peak && (j < 0 || (j == 0 && i < 0)))) top = false;
          const double w = std::max(0.0f, v);
          sum += w;
          sx += w * static_cast<double>(i);
          sy += w * static_cast<double>(j);
        }
      if (!top || sum < 3.0 * static_cast<double>(peak)) continue;
      support::add_source(s, static_cast<double>(x) + sx / sum, static_cast<double>(y) + sy / sum,
                          25.0 - 2.5 * std::log10(sum));
    }
  support::sort_sources(s);
  return s;
}

TEST(SolveField, SolvesTheNightOfHatp32WithTycho) {
  const auto folder = support::real_data_dir() / "hatp32";
  SKYWEFT_NEEDS(folder);
  const StarCatalog stars = support::read_star_csv(folder / "catalog_tycho2.csv");
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().extension() == ".FITS") files.push_back(entry.path());
  std::ranges::sort(files);
  sky::SolveConfig config;
  config.max_rms_px = 1.0;  // crude centroids
  Wcs previous;
  for (std::size_t k = 0; k < files.size();
       k += (k + 23 < files.size() ? 23 : files.size() - 1 - k)) {
    std::int64_t nx = 0;
    std::int64_t ny = 0;
    const SourceList sources = crude_peaks(files[k], nx, ny);
    const sky::SolveHint hint{support::at_deg(31.312099, 46.769087), 5.21};
    const auto hinted = sky::solve_field(sources, nx, ny, stars, hint, config, nullptr);
    EXPECT_TRUE(sky::is_mirrored(hinted.wcs));
    EXPECT_NEAR(sky::scale_arcsec_px(hinted.wcs, {324.5, 249.5}), 5.164, 0.02);
    EXPECT_GE(hinted.n_matched, 12);
    std::printf("%s: %zu sources, %ld matched, rms %.3f px, ln odds %.0f, order %d\n",
                files[k].filename().c_str(), sources.x_px.size(),
                static_cast<long>(hinted.n_matched), hinted.rms_px, hinted.log_odds,
                hinted.wcs.order);
    if (previous.valid()) {
      const auto shifted = sky::solve_field(sources, nx, ny, stars, hint, config, &previous);
      EXPECT_LT(support::worst_difference_px(shifted.wcs, hinted.wcs, nx, ny), 0.5);
    }
    previous = hinted.wcs;
    if (k + 1 == files.size()) break;
  }
}

}  // namespace
