// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/frame_catalog.hpp"
#include "simulator/render.hpp"
#include "simulator/scene.hpp"
#include "simulator/season.hpp"

namespace skyweft::simulator {

/// One frame to be made.
struct Job {
  FrameType kind = FrameType::light;
  std::int64_t index = 0;
  std::int64_t i_camera = 0;
  std::string file;  ///< relative to the output folder: "light/light_00007.fits"
};

/// All frames of the scene: bias, dark and flat unless switched off (before the first night only),
/// then light.
std::vector<Job> jobs(const Scene& scene);

/// Those of all cameras, one after the other.
std::vector<Job> jobs(const Season& season);

/// The frame of a job. Collective: no.
RenderedFrame render(const Scene& scene, const Job& job);

/// Renders one frame and writes it under `out_dir`, making its folder. Any rank, any order.
/// Collective: no. Throws Error{io}.
void run_job(const Scene& scene, const Job& job, const std::filesystem::path& out_dir);
void run_job(const Season& season, const Job& job, const std::filesystem::path& out_dir);

}  // namespace skyweft::simulator
