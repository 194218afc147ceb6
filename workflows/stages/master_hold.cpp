// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "calib/region_text.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "io/digest.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/master_making.hpp"

namespace skyweft::workflows {
namespace {

template <class T>
mpi::NodeShared<T> nothing(const RunContext& run) {
  return mpi::NodeShared<T>(run.node, 0, [](std::span<T>) {});
}

bool is_fits(const std::string& path) {
  const std::string name = io::lower_case(path);
  for (const char* ending : {".fits", ".fit", ".fts", ".fz", ".gz"})
    if (name.ends_with(ending)) return true;
  return false;
}

/// Size and origin of a map: the image's own with WINX0 and WINY0 of its header, or as given for a
/// text. A map of the whole mosaic is thinned to the frame's channel.
struct MapLayout {
  RawLayout layout;
  calib::MasterView shape;

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    archive& layout& shape.nx& shape.ny& shape.x0& shape.y0;
  }
};

MapLayout layout_of_map(const RunContext& run, const std::string& path, const FrameInfo& like,
                        std::int64_t nx, std::int64_t ny) {
  return mpi::on_root(run.node, [&] {
    MapLayout map;
    map.shape.nx = nx;
    map.shape.ny = ny;
    if (!is_fits(path)) return map;
    const io::Header header = io::read_header(path);
    map.shape.nx = header.integer("NAXIS1").value_or(0);
    map.shape.ny = header.integer("NAXIS2").value_or(0);
    map.shape.x0 = header.integer("WINX0").value_or(0);
    map.shape.y0 = header.integer("WINY0").value_or(0);
    const RawLayout& c = like.layout;
    const bool mosaic = (c.x_step > 1 || c.y_step > 1) &&
                        map.shape.nx >= c.x_start + (like.raw_nx - 1) * c.x_step + 1 &&
                        map.shape.ny >= c.y_start + (like.raw_ny - 1) * c.y_step + 1;
    if (mosaic) {
      map.layout = {.hdus = {},
                    .plane = 0,
                    .x_start = c.x_start,
                    .y_start = c.y_start,
                    .x_step = c.x_step,
                    .y_step = c.y_step};
      map.shape.nx = (map.shape.nx - c.x_start + c.x_step - 1) / c.x_step;
      map.shape.ny = (map.shape.ny - c.y_start + c.y_step - 1) / c.y_step;
    }
    return map;
  });
}

/// The image of a map; throws Error{bad_input} when it is not as large as its header says.
io::RawImage read_map(const std::string& path, const MapLayout& map) {
  io::RawImage image = io::read_image(path, map.layout);
  if (image.adu.nx() != map.shape.nx || image.adu.ny() != map.shape.ny)
    throw Error{Errc::bad_input,
                fmt::format("the map {} is {}x{} pixels where {}x{} are expected", path,
                            image.adu.nx(), image.adu.ny(), map.shape.nx, map.shape.ny)};
  return image;
}

/// The faulty pixels that a file names.
Mask read_bad_pixels(const std::string& path, const MapLayout& map) {
  Mask bits(map.shape.nx, map.shape.ny);
  if (!is_fits(path)) {
    calib::mark_pixels(bits, calib::parse_pixel_list(io::read_text_file(path)));
    return bits;
  }
  const io::RawImage image = read_map(path, map);
  for (std::size_t i = 0; i < bits.pixels().size(); ++i)
    if (image.adu.pixels()[i] != 0.0F || image.mask.pixels()[i] != 0)
      bits.pixels()[i] = mask::fault;
  return bits;
}

}  // namespace

std::unique_ptr<HeldMaster> hold_master(const RunContext& run, const MasterPlan& plan,
                                        const std::string& digest) {
  const auto path = run.archive.master(plan.name);
  const FrameInfo& like = plan.like;
  const auto fill_from = [&](const char* plane) {
    return [path, plane](std::span<float> to) {
      std::ranges::copy(io::read_plane(path, plane).pixels(), to.begin());
    };
  };
  calib::MasterView shape;
  shape.nx = like.nx;
  shape.ny = like.ny;
  shape.x0 = like.window_x0;
  shape.y0 = like.window_y0;
  shape.exposure_s = std::isfinite(like.exposure_s) ? like.exposure_s : 0.0;
  shape.temperature_c = plan.temperature_c;
  return std::unique_ptr<HeldMaster>(new HeldMaster{
      .shape = shape,
      .digest = digest,
      .value = mpi::NodeShared<float>(run.node, like.nx * like.ny, fill_from("VALUE")),
      .error = mpi::NodeShared<float>(run.node, like.nx * like.ny, fill_from("ERROR")),
      .mask =
          mpi::NodeShared<MaskBits>(run.node, like.nx * like.ny, [path](std::span<MaskBits> to) {
            std::ranges::copy(io::read_mask_plane(path, "MASK").pixels(), to.begin());
          })});
}

std::unique_ptr<HeldMaster> hold_bad_pixels(const RunContext& run, const FrameInfo& like,
                                            std::int64_t nx, std::int64_t ny) {
  const std::string& path = like.traits.bad_pixels;
  const MapLayout map = layout_of_map(run, path, like, nx, ny);
  return std::unique_ptr<HeldMaster>(
      new HeldMaster{.shape = map.shape,
                     .digest = mpi::on_root(run.node, [&] { return io::digest_of_file(path); }),
                     .value = nothing<float>(run),
                     .error = nothing<float>(run),
                     .mask = mpi::NodeShared<MaskBits>(
                         run.node, map.shape.nx * map.shape.ny, [&](std::span<MaskBits> to) {
                           std::ranges::copy(read_bad_pixels(path, map).pixels(), to.begin());
                         })});
}

std::unique_ptr<HeldMaster> hold_shutter_map(const RunContext& run, const FrameInfo& like) {
  const std::string& path = like.traits.shutter_map;
  const MapLayout map = layout_of_map(run, path, like, 0, 0);
  return std::unique_ptr<HeldMaster>(new HeldMaster{
      .shape = map.shape,
      .digest = mpi::on_root(run.node, [&] { return io::digest_of_file(path); }),
      .value = mpi::NodeShared<float>(run.node, map.shape.nx * map.shape.ny,
                                      [&](std::span<float> to) {
                                        std::ranges::copy(read_map(path, map).adu.pixels(),
                                                          to.begin());
                                      }),
      .error = nothing<float>(run),
      .mask = nothing<MaskBits>(run)});
}

}  // namespace skyweft::workflows
