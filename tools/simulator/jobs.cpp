// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/jobs.hpp"

#include <system_error>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/fits.hpp"

namespace skyweft::simulator {

std::vector<Job> jobs(const Scene& scene) {
  const SimConfig& c = scene.config;
  std::vector<Job> out;
  const auto add = [&out](FrameType kind, int n) {
    const std::string_view name = name_of(kind);
    for (int i = 0; i < n; ++i)
      out.push_back({kind, i, fmt::format("{}/{}_{:05}.fits", name, name, i)});
  };
  if (c.calibration) {
    add(FrameType::bias, c.n_bias);
    add(FrameType::dark, c.n_dark);
    add(FrameType::flat, c.n_flat);
  }
  add(FrameType::light, c.n_frames);
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

}  // namespace skyweft::simulator
