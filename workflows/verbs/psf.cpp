// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "io/psf_map_file.hpp"
#include "shape/grid_lines.hpp"
#include "shape/psf_fit.hpp"
#include "shape/star_shape.hpp"
#include "steps/local_sky.hpp"
#include "steps/star_variables.hpp"
#include "steps/step.hpp"
#include "workflows/load_config.hpp"
#include "workflows/one_frame.hpp"
#include "workflows/sky_givens.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/stages/shape_givens.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {
namespace fs = std::filesystem;

struct PsfRequest {
  ConfigRequest config;
  std::vector<std::string> frames;
  std::string output;
};

/// A frame with everything its stars' shapes are fitted from.
struct Prepared {
  steps::FrameWork work;
  StarCatalog stars;
  std::unique_ptr<steps::StarVariables> variables;
  std::vector<float> level_e;
  std::vector<float> level_err_e;
};

/// Solves one frame and measures the sky at the catalogue's stars; nothing when it cannot be used.
std::unique_ptr<Prepared> prepare(steps::FrameWork& work, SkyGivens& sky, const RunConfig& config) {
  const auto complain = [&] {
    fmt::print(stderr, "skyweft: warning: {}: {}\n", printable(label_of(work.info)),
               printable(work.record.reason));
    return nullptr;
  };
  if (work.record.state == FrameState::rejected) return complain();
  steps::process(work, steps::chain({"solve"}, steps::kSources), sky.for_frame(work.info),
                 config.frame);
  if (work.record.state == FrameState::rejected) return complain();
  auto out = std::make_unique<Prepared>();
  out->stars = stars_on(config, work);
  steps::FrameGivens givens;
  givens.stars = &out->stars;
  steps::process(work, steps::chain({"places"}, steps::kFrame | steps::kSources | steps::kWcs),
                 givens, config.frame);
  if (work.record.state == FrameState::rejected) return complain();
  steps::measure_sky(work, steps::apertures_of(work, givens, config.frame));
  for (const phot::LocalBackground& s : work.sky) {
    out->level_e.push_back(static_cast<float>(s.level_e));
    out->level_err_e.push_back(static_cast<float>(s.error_e));
  }
  out->work = std::move(work);
  out->variables =
      std::make_unique<steps::StarVariables>(out->work, out->stars, config.frame.shape.terms);
  return out;
}

/// Pictures of the shape of a star in the middle and near the corners of the first frame.
io::PsfStamps stamps_of(const PsfMap& map, const Prepared& first) {
  io::PsfStamps stamps{.step_px = 0.25, .x_px = {}, .y_px = {}, .sample = {}};
  const Terms terms = Terms::parse(map.terms);
  const NamedColumns& columns = first.variables->columns();
  const auto index = columns.find(terms);
  const double nx = static_cast<double>(first.work.frame.nx());
  const double ny = static_cast<double>(first.work.frame.ny());
  for (const auto& [fx, fy] :
       {std::pair{0.5, 0.5}, {0.05, 0.05}, {0.95, 0.05}, {0.05, 0.95}, {0.95, 0.95}}) {
    std::size_t best = 0;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < first.work.x_px.size(); ++i) {
      const double away = std::hypot(first.work.x_px[i] - fx * nx, first.work.y_px[i] - fy * ny);
      if (away < nearest) {
        nearest = away;
        best = i;
      }
    }
    std::vector<double> values(index.size()), row(static_cast<std::size_t>(terms.n_term()));
    for (std::size_t k = 0; k < index.size(); ++k) values[k] = columns.value(index[k], best);
    terms.evaluate(values, row);
    const StarShape shape = shape::shape_of(map, row);
    if (shape.empty()) continue;
    const double reach = std::max(std::abs(shape.x_node_px.front()), shape.x_node_px.back());
    const auto half = static_cast<std::int64_t>(std::ceil(reach / stamps.step_px));
    Grid<float> picture(2 * half + 1, 2 * half + 1);
    for (std::int64_t iy = 0; iy < picture.ny(); ++iy)
      for (std::int64_t ix = 0; ix < picture.nx(); ++ix)
        picture(ix, iy) = static_cast<float>(
            shape::value_at(shape, static_cast<double>(ix - half) * stamps.step_px,
                            static_cast<double>(iy - half) * stamps.step_px));
    if (!stamps.sample.empty() && !same_shape(picture, stamps.sample.front())) continue;
    stamps.x_px.push_back(first.work.x_px[best]);
    stamps.y_px.push_back(first.work.y_px[best]);
    stamps.sample.push_back(std::move(picture));
  }
  return stamps;
}

int fit(const PsfRequest& request) {
  RunConfig config = load_config(request.config);
  shape::ShapeConfig& options = config.frame.shape;
  if (options.model == "none") options.model = "bicubic";
  if (options.model != "bicubic")
    throw Error{Errc::usage,
                fmt::format("shape.model = \"{}\" is fitted frame by frame during a run; several "
                            "frames share a bicubic map",
                            options.model)};
  const ShapeGivens shapes = read_shape_givens(options);
  SkyGivens sky{config};
  std::vector<std::unique_ptr<Prepared>> frames;
  static const std::vector<std::string> kSteps{"load", "calibrate", "background", "detect"};
  for (const fs::path& file : io::expand_globs(request.frames))
    each_frame(file.string(), config, kSteps, [&](steps::FrameWork& work) {
      if (auto one = prepare(work, sky, config)) frames.push_back(std::move(one));
    });
  if (frames.empty())
    throw Error{Errc::bad_input, "none of the frames could be solved; `skyweft solve` says why"};
  std::vector<shape::ShapeFrame> inputs;
  for (const auto& f : frames)
    inputs.push_back({.frame = &f->work.frame,
                      .x_px = f->work.x_px,
                      .y_px = f->work.y_px,
                      .background_e = f->level_e,
                      .background_err_e = f->level_err_e,
                      .variables = &f->variables->columns(),
                      .use = {}});
  options = shape::with_grid(options, frames.front()->work.record.fwhm_px);
  const PsfMap map = shape::fit_psf_map(inputs, shapes.subpixels, options).map;
  if (map.kind == PsfKind::none)
    throw Error{Errc::bad_input,
                "no star of the frames can be used; see shape.min_snr, shape.max_chi2"}
        .because({"n_star", 0.0, 1.0});
  fmt::print("{} frame(s), {} stars, {} pixels, terms {}, {} rounds, {}converged, chi2 {:.3f}\n",
             frames.size(), map.n_star, map.n_pixel, map.terms, map.rounds,
             map.converged ? "" : "not ", map.chi2_dof);
  if (!request.output.empty())
    io::write_psf_map(request.output, map, {SKYWEFT_VERSION, shapes.digest, config.run.name},
                      stamps_of(map, *frames.front()));
  return 0;
}

}  // namespace

void declare_psf(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<PsfRequest>();  // shared: lives as long as the parsed command
  app.add_option("frames", request->frames, "frames that share the map; raw or calibrated")
      ->required();
  app.add_option("--config", request->config.file, "configuration file (TOML); may be left out");
  app.add_option("--set", request->config.sets, "KEY=VALUE over the configuration")->take_all();
  app.add_option("--catalog", request->config.catalog, "star catalogue: folder or file");
  app.add_option("--index", request->config.index, "index of the sky");
  app.add_option("-o,--output", request->output, "HDF5 file for the map, for shape.map");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return fit(*request); }); };
  });
}

}  // namespace skyweft::workflows
