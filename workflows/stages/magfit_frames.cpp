// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/magfit_frames.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lc/magfit_frame.hpp"
#include "lc/magnitudes.hpp"
#include "mpi/gather.hpp"
#include "sky/wcs.hpp"
#include "workflows/stages/injections.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace boost::serialization {

template <class A>
void serialize(A& archive, skyweft::lc::PartFit& f, unsigned /*version*/) {
  archive& f.split& f.level& f.coefficients& f.n_used& f.rms_mag& f.zero_shift_mag& f.low& f.high;
}
template <class A>
void serialize(A& archive, skyweft::lc::FrameFit& f, unsigned /*version*/) {
  archive& f.parts& f.n_used& f.rms_mag& f.zero_shift_mag;
}

}  // namespace boost::serialization

namespace skyweft::workflows {
namespace {

bool names_any(const lc::MagfitModel& model, std::span<const char* const> names) {
  const auto names_one = [&](const Terms& terms) {
    return std::ranges::any_of(names, [&](const char* name) {
      return std::ranges::find(terms.names(), name) != terms.names().end();
    });
  };
  return std::ranges::any_of(model.levels, names_one) || (model.split && names_one(*model.split));
}

/// S, D, K of one frame where its stars are; the numbers of ShapeVariables::along().
std::array<std::vector<double>, 3> shapes_at(const FrameRecord& record, const FrameInfo& info,
                                             std::span<const float> x_px,
                                             std::span<const float> y_px) {
  const std::size_t n = x_px.size();
  std::array<std::vector<double>, 3> out;
  for (auto& column : out) column.assign(n, kNaN);
  if (record.sdk.n_term() == 0) return out;
  const double half_nx = 0.5 * static_cast<double>(info.nx);
  const double half_ny = 0.5 * static_cast<double>(info.ny);
  const std::vector<double> x(x_px.begin(), x_px.end());
  const std::vector<double> y(y_px.begin(), y_px.end());
  std::vector<double> u;
  std::vector<double> v;
  for (std::size_t s = 0; s < n; ++s) {
    u.push_back((x[s] + 0.5 - half_nx) / half_nx);
    v.push_back((y[s] + 0.5 - half_ny) / half_ny);
  }
  lc::NamedColumns places;
  places.add("x", x);
  places.add("y", y);
  places.add("u", u);
  places.add("v", v);
  const Eigen::MatrixXd design =
      places.design(Terms::parse(record.sdk.terms), static_cast<std::int64_t>(n));
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t s = 0; s < n; ++s) {
      double sum = 0.0;
      for (Eigen::Index k = 0; k < design.cols(); ++k)
        sum += record.sdk.coefficient[3 * static_cast<std::size_t>(k) + p] *
               design(static_cast<Eigen::Index>(s), k);
      out[p][s] = sum;
    }
  return out;
}

FrameMagnitudes read_frame(const MagfitInputs& inputs, std::int64_t position) {
  const std::int64_t i = inputs.state.measured[static_cast<std::size_t>(position)];
  const FrameBatch& batch = batch_of(inputs.state, i);
  const std::int64_t row = row_in_batch(batch, i);
  io::Segment segment = io::read_segment(inputs.run.archive.segment(batch.name));
  inject_in_frame(inputs.state.injections, inputs.state, i, 0, row, segment.photometry);
  return {segment, row, inputs.record(position).exposure_s};
}

}  // namespace

MagfitInputs::MagfitInputs(const RunContext& run_, const RunState& state_)
    : run(run_),
      state(state_),
      variables(state_),
      model(lc::magfit_model(run_.config.magfit)),
      names_bg(names_any(model, std::array{"bg"})) {
  if (names_any(model, ShapeVariables::kNames)) shapes.emplace(state_);
}

FrameMagnitudes::FrameMagnitudes(const io::Segment& segment, std::int64_t row, double exposure_s) {
  const FrameBlock& block = segment.photometry;
  const auto n = static_cast<std::size_t>(block.n_star);
  const auto n_ap = static_cast<std::size_t>(block.n_ap);
  const auto first = static_cast<std::size_t>(row) * n;
  mag.assign(n_ap, std::vector<float>(n));
  mag_err.assign(n_ap, std::vector<float>(n));
  for (std::size_t s = 0; s < n; ++s)
    for (std::size_t a = 0; a < n_ap; ++a) {
      const std::size_t at = (first + s) * n_ap + a;
      const auto flux = static_cast<double>(block.points.flux_e[at]);
      mag[a][s] = lc::instrumental_mag(flux, exposure_s);
      mag_err[a][s] =
          lc::instrumental_mag_err(flux, static_cast<double>(block.points.flux_err_e[at]));
    }
  const auto part = [&](const auto& column) { return std::span{column}.subspan(first, n); };
  const auto copy = [&](const auto& column, auto& to) {
    to.assign(part(column).begin(), part(column).end());
  };
  copy(block.points.x_px, x_px);
  copy(block.points.y_px, y_px);
  copy(block.points.bg_e, bg_e);
  copy(block.points.quality, quality);
}

FrameColumns::FrameColumns(const MagfitInputs& inputs, std::int64_t position,
                           std::span<const float> x_px, std::span<const float> y_px,
                           std::span<const double> bg_e)
    : columns_(inputs.variables.for_frame(position)) {
  if (inputs.names_bg) columns_.add("bg", bg_e);
  if (!inputs.shapes) return;
  const auto i =
      static_cast<std::size_t>(inputs.state.measured[static_cast<std::size_t>(position)]);
  shape_ = shapes_at(inputs.record(position), inputs.state.lights[i].info, x_px, y_px);
  for (std::size_t k = 0; k < 3; ++k) columns_.add(ShapeVariables::kNames[k], shape_[k]);
}

ReferenceFrame::ReferenceFrame(const MagfitInputs& inputs, std::int64_t position)
    : inputs_(inputs), position_(position), frame_(read_frame(inputs, position)) {
  const auto n = static_cast<std::size_t>(inputs.state.stars.size());
  std::vector<double> x(n);
  std::vector<double> y(n);
  sky::to_pixels(inputs.record(position).wcs, inputs.state.stars.ra_deg, inputs.state.stars.dec_deg,
                 x, y);
  x_px_.assign(x.begin(), x.end());
  y_px_.assign(y.begin(), y.end());
}

lc::Reference ReferenceFrame::first_reference(std::size_t aperture) const {
  return lc::reference_from_frame(frame_.slice(aperture), inputs_.run.config.magfit);
}

void ReferenceFrame::fix_gauge(lc::Reference& reference, std::size_t aperture) const {
  const lc::MagfitModel& model = inputs_.model;
  const std::vector<double>& mag = inputs_.variables.mag();
  const FrameColumns measured{inputs_, position_, frame_.x_px, frame_.y_px, frame_.bg_e};
  const lc::FrameFit fit = lc::fit_frame(frame_.slice(aperture), measured.columns(), mag, reference,
                                         model, inputs_.run.config.magfit);
  if (!fit.ok()) return;
  const FrameColumns all{inputs_, position_, x_px_, y_px_, frame_.bg_e};
  std::vector<float> correction(reference.mag.size(), 0.0F);
  std::vector<QualityBits> unused(reference.mag.size(), 0);
  lc::correct_frame(fit, model, all.columns(), mag, x_px_, y_px_, correction, unused);
  for (std::size_t s = 0; s < correction.size(); ++s)
    if (std::isfinite(correction[s])) reference.mag[s] -= static_cast<double>(correction[s]);
}

void fit_frames(const MagfitInputs& inputs, const GroupReferences& references,
                std::span<const std::uint8_t> active, FitsOfFrames& fits) {
  const std::vector<std::int32_t>& group_of = inputs.state.groups.of_frame;
  std::vector<std::int64_t> place(group_of.size(), -1);  // among the frames to be fitted
  std::vector<std::size_t> position_at;
  for (std::size_t f = 0; f < group_of.size(); ++f) {
    if (active[static_cast<std::size_t>(group_of[f])] == 0) continue;
    place[f] = static_cast<std::int64_t>(position_at.size());
    position_at.push_back(f);
  }
  std::vector<std::pair<std::int64_t, std::vector<lc::FrameFit>>> mine;
  each_frame_of_mine(
      inputs.run, inputs.state, 0, inputs.state.stars.size(),
      [&](std::int64_t position, std::int64_t, const io::Segment& segment, std::int64_t row) {
        const auto f = static_cast<std::size_t>(position);
        if (place[f] < 0) return;
        const FrameMagnitudes frame{segment, row, inputs.record(position).exposure_s};
        const FrameColumns columns{inputs, position, frame.x_px, frame.y_px, frame.bg_e};
        lc::FrameFitter fitter{frame.x_px,        frame.y_px,
                               columns.columns(), inputs.variables.mag(),
                               inputs.model,      inputs.run.config.magfit};
        const auto& of_group = references[static_cast<std::size_t>(group_of[f])];
        std::vector<lc::FrameFit> of_frame;
        for (std::size_t a = 0; a < of_group.size(); ++a)
          of_frame.push_back(fitter.fit(frame.slice(a), of_group[a]));
        mine.emplace_back(place[f], std::move(of_frame));
      });
  auto by_frame =
      mpi::gather_in_order(inputs.run.world, static_cast<std::int64_t>(position_at.size()), mine);
  fits.resize(static_cast<std::size_t>(inputs.n_ap()));
  for (auto& of_aperture : fits) of_aperture.resize(group_of.size());
  for (std::size_t k = 0; k < by_frame.size(); ++k)
    for (std::size_t a = 0; a < fits.size(); ++a)
      fits[a][position_at[k]] = std::move(by_frame[k][a]);
}

}  // namespace skyweft::workflows
