// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/season.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "io/files.hpp"
#include "simulator/jobs.hpp"
#include "simulator/truth.hpp"
#include "sky/wcs.hpp"

namespace skyweft::simulator {
namespace {

SimConfig small_season() {
  SimConfig c;
  c.nx = c.ny = 200;
  c.n_stars = 60;
  c.n_frames = 8;
  c.n_nights = 3;
  c.n_cameras = 2;
  c.n_bias = c.n_dark = c.n_flat = 1;
  c.cloudy_night = 2;
  return c;
}

TEST(Season, OfOneNightAndCameraIsTheNight) {
  SimConfig c = small_season();
  c.n_nights = c.n_cameras = 1;
  c.cloudy_night = 0;
  const Scene scene = make_scene(c);
  const Season season = make_season(c);
  ASSERT_EQ(season.cameras.size(), 1U);
  const auto alone = jobs(scene), all = jobs(season);
  ASSERT_EQ(alone.size(), all.size());
  EXPECT_EQ(all.back().file, "light/light_00007.fits");
  EXPECT_EQ(render(scene, alone.back()).adu, render(season.cameras[0], all.back()).adu);
  EXPECT_EQ(render_light(scene, 0).header.text("INSTRUME"), "skyweft simulator");
  EXPECT_NE(night_config_text(scene).find("frames = [\"light\"]"), std::string::npos);
}

TEST(Season, BeginsWithTheNightItWouldBeAlone) {
  SimConfig one = small_season();
  one.n_nights = one.n_cameras = 1;
  const Scene alone = make_scene(one);
  const Season season = make_season(small_season());
  const Scene& first = season.cameras[0];
  EXPECT_EQ(first.catalogue, alone.catalogue);
  for (const std::int64_t i : {0, 5})
    EXPECT_EQ(render_light(first, i).adu, render_light(alone, i).adu);
  SimConfig longer = small_season();
  longer.n_nights = 4;
  const Season more = make_season(longer);
  EXPECT_EQ(render_light(more.cameras[1], 20).adu, render_light(season.cameras[1], 20).adu);
}

TEST(Nights, ShowTheFieldAtTheSameHeightUnderAnotherSky) {
  const Season season = make_season(small_season());
  const Scene& camera = season.cameras[0];
  const FrameTruth a = frame_truth(camera, 3), b = frame_truth(camera, 11);
  EXPECT_EQ(a.i_night, 0);
  EXPECT_EQ(b.i_night, 1);
  EXPECT_EQ(b.file, "light_n2_cam1_00003.fits");
  EXPECT_NEAR(static_cast<double>(b.start_ms - a.start_ms), 86164091.0, 0.5);
  // Pointings differ by a few pixels of 3 arcsec, 1e-4 rad at most, and the sky's clock by 0.01 s.
  EXPECT_NEAR(a.airmass, b.airmass, 5e-4);
  const PixelPos at_a = sky::to_pixel(a.wcs, camera.at_date[0]);
  const PixelPos at_b = sky::to_pixel(b.wcs, camera.at_date[0]);
  const double away = std::hypot(at_a.x_px - at_b.x_px, at_a.y_px - at_b.y_px);
  EXPECT_GT(away, 0.2);
  EXPECT_LT(away, 6.0 * small_season().night_offset_px);
  EXPECT_NE(render_light(camera, 3).adu, render_light(camera, 11).adu);
}

TEST(CloudyNight, LosesLightUnevenlyAndTheOthersDoNot) {
  const Season season = make_season(small_season());
  double most = 0.0;
  for (std::int64_t i = 0; i < 24; ++i) {
    const FrameTruth t = frame_truth(season.cameras[0], i);
    EXPECT_GE(t.transparency_mag, 0.0);
    if (t.i_night == 1)
      most = std::max(most, t.transparency_mag);
    else
      EXPECT_LE(t.transparency_mag, small_season().cloud_mag);
    // Both cameras look through the same clouds.
    EXPECT_EQ(t.transparency_mag, frame_truth(season.cameras[1], i).transparency_mag);
  }
  EXPECT_GT(most, 0.2);
  EXPECT_LE(most, small_season().cloudy_mag);

  SimConfig even = small_season();
  even.cloudy_gradient = 0.0;
  const Season flat = make_season(even);
  std::vector<double> ratio;
  const FrameTruth a = frame_truth(season.cameras[0], 12), b = frame_truth(flat.cameras[0], 12);
  for (std::size_t i = 0; i < a.flux_e.size(); ++i) ratio.push_back(a.flux_e[i] / b.flux_e[i]);
  const auto [low, high] = std::ranges::minmax(ratio);
  // Across the frame the clouds change by gradient × thickness either way, a corner and 6 % on.
  const double span_mag = 2.5 * std::log10(high / low);
  EXPECT_GT(span_mag, 0.3 * 0.5 * a.transparency_mag);
  EXPECT_LT(span_mag, 2.0 * 0.3 * 1.1 * a.transparency_mag);
}

TEST(Cameras, DifferAndSeeTheSameStars) {
  const SimConfig c = small_season();
  const Season season = make_season(c);
  const Scene& first = season.cameras[0];
  const Scene& second = season.cameras[1];
  EXPECT_EQ(first.catalogue, second.catalogue);
  EXPECT_EQ(second.config.gain_e_per_adu, 1.2 * c.gain_e_per_adu);
  EXPECT_NE(second.config.filter, first.config.filter);
  EXPECT_NE(second.detector.flat, first.detector.flat);
  EXPECT_EQ(frame_truth(second, 4).start_ms - frame_truth(first, 4).start_ms, 17000);
  EXPECT_EQ(frame_truth(second, 4).i_frame, 28);
  const FrameTruth t = frame_truth(second, 4);
  // The middle of the first camera's field, 12 and 8 of its pixels from that of the second.
  const PixelPos at = sky::to_pixel(t.wcs, {Angle::from_deg(c.ra_deg), Angle::from_deg(c.dec_deg)});
  EXPECT_NEAR(std::hypot(at.x_px - 99.5, at.y_px - 99.5), std::hypot(12.0, 8.0) / 0.9, 3.0);
  // Colours count: 0.08 mag per mag more than 0.3 mag of lost light, and 5 mmag of extinction.
  const FrameTruth u = frame_truth(first, 4);
  for (std::size_t i = 0; i < 5; ++i) {
    const double colour = static_cast<double>(first.catalogue.colour[i]) - 0.8;
    EXPECT_NEAR(2.5 * std::log10(u.flux_e[i] / t.flux_e[i]), 0.3 + 0.08 * colour, 0.005);
  }
  const auto header = render_light(second, 0).header;
  EXPECT_EQ(header.text("INSTRUME"), "skyweft simulator 2");
  EXPECT_EQ(header.text("FILTER"), "V");
}

TEST(Season, IsWrittenWithCamerasNightsAndTheirTruth) {
  const Season season = make_season(small_season());
  const auto all = jobs(season);
  // 3 calibration frames and 24 light frames of each camera, no name twice.
  EXPECT_EQ(all.size(), 54U);
  std::set<std::string> names;
  for (const Job& job : all) names.insert(job.file);
  EXPECT_EQ(names.size(), all.size());
  EXPECT_TRUE(names.contains("light/night3/light_n3_cam2_00007.fits"));
  EXPECT_TRUE(names.contains("flat/flat_cam2_00000.fits"));
  const std::filesystem::path dir = "simulated_season";
  std::filesystem::remove_all(dir);
  run_job(season, all.back(), dir);
  write_truth(dir, season);
  EXPECT_TRUE(std::filesystem::exists(dir / "light/night3/light_n3_cam2_00007.fits"));
  EXPECT_TRUE(std::filesystem::exists(dir / "truth/detector_cam2.fits"));
  const auto rows = [&](const char* name) {
    const std::string text = io::read_text_file(dir / name);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(rows("truth/frames.csv"), 1 + 48);
  EXPECT_EQ(rows("truth/fluxes.csv"), 1 + 48 * 60);
  const std::string night = io::read_text_file(dir / "night.toml");
  EXPECT_NE(night.find("frames = [\"light/night1\", \"light/night2\", \"light/night3\"]"),
            std::string::npos);
  EXPECT_NE(night.find("[camera.cam2]\nwhen = \"INSTRUME == 'skyweft simulator 2'\""),
            std::string::npos);
}

}  // namespace
}  // namespace skyweft::simulator
