// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/truth.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "io/files.hpp"
#include "io/fits.hpp"
#include "io/iso_utc.hpp"
#include "simulator/jobs.hpp"

namespace skyweft::simulator {
namespace {

TEST(SimulatedNight, IsWrittenWithAllItsParts) {
  SimConfig c;
  c.nx = c.ny = 64;
  c.n_stars = 12;
  c.n_frames = 2;
  c.n_bias = c.n_dark = c.n_flat = 1;
  const Scene scene = make_scene(c);
  const std::filesystem::path dir = "simulated_night";
  std::filesystem::remove_all(dir);
  const auto all = jobs(scene);
  ASSERT_EQ(all.size(), 5U);
  for (const Job& job : all) run_job(scene, job, dir);
  write_truth(dir, scene);

  const auto rows = [&](const char* name) {
    const std::string text = io::read_text_file(dir / name);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(rows("truth/stars.csv"), 13);
  EXPECT_EQ(rows("truth/frames.csv"), 3);
  EXPECT_EQ(rows("truth/fluxes.csv"), 25);
  EXPECT_EQ(rows("catalog.csv"), 13);
  EXPECT_NE(io::read_text_file(dir / "night.toml").find("[site]"), std::string::npos);

  const io::RawImage image = io::read_image(dir / all.back().file);
  const RenderedFrame again = render(scene, all.back());
  ASSERT_EQ(image.adu.nx(), 64);
  for (std::size_t p = 0; p < image.adu.pixels().size(); ++p)
    ASSERT_EQ(image.adu.pixels()[p], static_cast<float>(again.adu.pixels()[p]));
  EXPECT_EQ(image.header.text("DATE-OBS"), io::iso_utc_of_ms(again.truth.start_ms));
  EXPECT_EQ(image.header.number("EGAIN"), c.gain_e_per_adu);
  EXPECT_EQ(image.header.text("IMAGETYP"), "Light Frame");
}

}  // namespace
}  // namespace skyweft::simulator
