// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/sky_flat.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>

#include "calib/master_rows.hpp"
#include "calib/sky_flat_choice.hpp"
#include "calib/sky_flat_parts.hpp"
#include "calib/stack.hpp"
#include "io/fits.hpp"
#include "support/real_data.hpp"

using namespace skyweft;

namespace {

std::vector<Grid<float>> read_all(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& e : std::filesystem::directory_iterator(folder)) paths.push_back(e.path());
  std::ranges::sort(paths);
  std::vector<Grid<float>> images;
  for (const auto& p : paths) images.push_back(io::read_image(p).adu);
  return images;
}

calib::StackedStrip stack(const std::vector<Grid<float>>& frames,
                          const calib::StackConfig& config) {
  std::vector<float> samples;
  for (const auto& f : frames) samples.insert(samples.end(), f.pixels().begin(), f.pixels().end());
  return calib::stack_strip(samples, static_cast<std::int64_t>(frames.size()), frames[0].size(),
                            0.0, 0.0, config);
}

// Eight flats of 2048 × 512, 300 falling to 190 ADU above bias; the gain is not in the header and
// taken as 4 e-/ADU, which their noise suggests.
TEST(TwilightFlats, MakeASmoothMasterDespiteTheirFaintness) {
  const auto data = support::real_data_dir() / "hd189733";
  SKYWEFT_NEEDS(data);
  const auto bias = stack(read_all(data / "bias"), {}).value;
  std::vector<Grid<float>> flats = read_all(data / "flat");
  ASSERT_EQ(flats.size(), 8U);
  calib::SkyFlatConfig config;
  std::vector<calib::StampStatistics> stamps;
  for (auto& f : flats) {
    for (std::size_t i = 0; i < bias.size(); ++i) f.pixels()[i] -= bias[i];
    stamps.push_back(calib::stamp_statistics(f, {}, config));
    ASSERT_TRUE(stamps.back().ok());
    // At least 100 ADU, and not below the photon noise at any gain up to 10 e-/ADU.
    EXPECT_GT(stamps.back().mean_adu, 100.0);
    EXPECT_GT(stamps.back().variance_adu2, stamps.back().mean_adu / 10.0);
  }
  const auto session = calib::judge_flats(stamps, {}, 4.0, 10.0, config);
  for (std::size_t i = 0; i < flats.size(); ++i)
    std::cout << "flat " << i << ": " << stamps[i].mean_adu << " adu, variance "
              << stamps[i].variance_adu2 << " adu2: " << name_of(session.frames[i].kind) << ", "
              << session.frames[i].test << " = " << session.frames[i].measured << " ("
              << session.frames[i].threshold << ")\n";
  std::cout << "scatter " << session.variance_scatter << " of the photon noise\n";
  EXPECT_TRUE(session.compared);
  for (const auto& v : session.frames) {
    EXPECT_NE(v.kind, calib::FlatClass::high);  // some 1000 e- make no high flat
    EXPECT_NE(v.kind, calib::FlatClass::saturated);
  }

  // Made all the same, for the sake of its shape.
  std::vector<calib::FlatCells> cells;
  std::vector<float> samples;
  for (const auto& f : flats) {
    cells.push_back(calib::flat_cells(f, {}, config));
    const auto& mean = cells.back().cells.mean;
    samples.insert(samples.end(), mean.pixels().begin(), mean.pixels().end());
  }
  Grid<float> reference(cells[0].cells.mean.nx(), cells[0].cells.mean.ny());
  std::ranges::copy(calib::reference_cells(samples, 8, reference.size(), config),
                    reference.pixels().begin());
  std::vector<float> scratch(2048);
  for (std::size_t k = 0; k < flats.size(); ++k) {
    const auto model = calib::model_of_flat(reference, cells[k], config);
    std::cout << "flat " << k << ": level " << model.level_adu << " adu, deviation "
              << model.deviation << "\n";
    EXPECT_LT(model.deviation, 0.2);
    for (std::int64_t iy = 0; iy < flats[k].ny(); ++iy) {
      const auto row = flats[k].row(iy);
      for (float& v : row) v = static_cast<float>(static_cast<double>(v) / model.level_adu);
      calib::correct_flat_row(model.ratio, iy, row, scratch);
    }
  }
  const auto whole = stack(flats, config.stack());
  Grid<float> master(2048, 512);
  std::ranges::copy(whole.value, master.pixels().begin());
  const auto parts = calib::split_flat(master, {}, config);
  const auto same = calib::flat_stability(master, {}, Grid<float>(2048, 512, 1.0F), {}, config);
  std::cout << "small rms " << same.small_rms << ", large peak to peak " << same.large_peak_to_peak
            << "\n";
  EXPECT_GT(same.small_rms, 0.0);
  EXPECT_LT(same.small_rms, 0.10);
  EXPECT_NEAR(parts.large.at({.x_px = 1023.5, .y_px = 255.5}), 1.0, 0.1);

  // Flats of the first and of the second half agree within their photon noise, √(2/4) × 3 % per
  // pixel, and a few per cent on large scales.
  const auto half = [&](std::size_t first) {
    const auto strip = stack({flats.begin() + static_cast<std::ptrdiff_t>(first),
                              flats.begin() + static_cast<std::ptrdiff_t>(first) + 4},
                             config.stack());
    Grid<float> out(2048, 512);
    std::ranges::copy(strip.value, out.pixels().begin());
    return out;
  };
  const auto stability = calib::flat_stability(half(0), {}, half(4), {}, config);
  std::cout << "halves: small rms " << stability.small_rms << ", large rms " << stability.large_rms
            << "\n";
  EXPECT_LT(stability.small_rms, 0.05);
  EXPECT_LT(stability.large_rms, 0.02);
}

}  // namespace
