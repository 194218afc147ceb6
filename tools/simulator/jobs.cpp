// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/jobs.hpp"

#include <system_error>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/fits.hpp"
#include "simulator/season.hpp"

namespace skyweft::simulator {

std::vector<Job> jobs(const Scene& scene) {
  const SimConfig& c = scene.config;
  std::vector<Job> out;
  const std::string camera =
      c.n_cameras > 1 ? fmt::format("_{}", camera_name(scene.i_camera)) : std::string{};
  const auto add = [&](FrameType kind, int n) {
    const std::string_view name = name_of(kind);
    for (int i = 0; i < n; ++i)
      out.push_back(
          {kind, i, scene.i_camera, fmt::format("{}/{}{}_{:05}.fits", name, name, camera, i)});
  };
  if (c.calibration) {
    add(FrameType::bias, c.n_bias);
    add(FrameType::dark, c.n_dark);
    add(FrameType::flat, c.n_flat);
  }
  for (std::int64_t i = 0; i < scene.n_light(); ++i)
    out.push_back(
        {FrameType::light, i, scene.i_camera,
         fmt::format("{}/{}", light_folder(c, i / c.n_frames), light_name(c, scene.i_camera, i))});
  return out;
}

std::vector<Job> jobs(const Season& season) {
  std::vector<Job> out;
  for (const Scene& scene : season.cameras)
    for (const Job& job : jobs(scene)) out.push_back(job);
  return out;
}

RenderedFrame render(const Scene& scene, const Job& job) {
  switch (job.kind) {
    case FrameType::bias:
      return render_bias(scene, job.index);
    case FrameType::dark:
      return render_dark(scene, job.index);
    case FrameType::flat:
      return render_flat(scene, job.index);
    case FrameType::light:
      return render_light(scene, job.index);
    case FrameType::unknown:
      break;
  }
  throw Error{Errc::internal, fmt::format("job {} has no kind of frame", job.file)};
}

void run_job(const Scene& scene, const Job& job, const std::filesystem::path& out_dir) {
  const std::filesystem::path path = out_dir / job.file;
  std::error_code failure;
  std::filesystem::create_directories(path.parent_path(), failure);
  if (failure)
    throw Error{Errc::io, fmt::format("cannot make the folder {}: {}; choose another output folder",
                                      path.parent_path().string(), failure.message())};
  const RenderedFrame frame = render(scene, job);
  io::write_image(path, {{.name = "", .pixels = &frame.adu, .unit = "adu"}}, frame.header);
}

void run_job(const Season& season, const Job& job, const std::filesystem::path& out_dir) {
  run_job(season.cameras[static_cast<std::size_t>(job.i_camera)], job, out_dir);
}

}  // namespace skyweft::simulator
