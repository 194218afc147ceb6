// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/detect.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "detect/deblend.hpp"
#include "detect/frame_shape.hpp"
#include "detect/measure.hpp"
#include "detect/near_grid.hpp"
#include "detect/peaks.hpp"
#include "detect/plateaus.hpp"
#include "detect/selection.hpp"
#include "detect/streaks.hpp"

namespace skyweft::detect {
namespace {

/// Of two sources whose apertures touch, the fainter dims the brighter by less than this unseen.
constexpr float kBlendShare = 0.01f;

bool brighter(const Source& a, const Source& b) {
  if (a.flux_e != b.flux_e) return a.flux_e > b.flux_e;
  if (a.y_px != b.y_px) return a.y_px < b.y_px;
  return a.x_px < b.x_px;
}

/// What the second pass goes by: the first pass's medians, or round stars of the guessed width.
FrameShape filled(const FrameShape& seen, double guess_px) {
  if (std::isfinite(seen.fwhm_px)) return seen;
  const double var = std::pow(guess_px / kFwhmPerSigma, 2);
  return {guess_px, 1.0, guess_px, {var, var, 0.0}};
}

struct Found {
  std::vector<Candidate> candidates;
  std::vector<Source> sources;  ///< measured, in the same order

  void keep(const std::vector<std::uint8_t>& stays) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < stays.size(); ++i) {
      if (stays[i] == 0) continue;
      candidates[n] = candidates[i];
      sources[n++] = sources[i];
    }
    candidates.resize(n);
    sources.resize(n);
  }
};

/// Measures the candidates and leaves out hot pixels and what the options refuse.
Found measured(const Frame& frame, const Background& background,
               const std::vector<Candidate>& candidates, const MeasureRule& rule,
               const DetectConfig& config) {
  Found out;
  Stamp scratch;
  const int ahead_px = std::min(16, static_cast<int>(std::ceil(2.0 * rule.stars.fwhm_px + 0.5)));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& c = candidates[i];
    if (i + 1 < candidates.size())
      expect_stamp(frame, background, candidates[i + 1].x_px, candidates[i + 1].y_px, ahead_px);
    const std::optional<Source> s = measure_source(frame, background, c, rule, scratch);
    if (!s) continue;
    if (!(c.plateau_px > 0.0)) {
      if (s->sharp_px < config.min_width_ratio * rule.stars.sharp_px) continue;
      if (config.max_width_ratio < 3.0 &&
          s->shape.fwhm_px > config.max_width_ratio * rule.stars.fwhm_px)
        continue;
      if (config.lost_centroid == "drop" && (s->flags & source_flag::no_centroid) != 0) continue;
    }
    out.candidates.push_back(c);
    out.sources.push_back(*s);
  }
  return out;
}

/// Before deblending: that would make one source of a whole streak.
void drop_streaks(Found& found, const Frame& frame, const FrameShape& stars) {
  std::vector<std::uint8_t> stays = streak_pieces(found.sources, frame.nx(), frame.ny(), stars);
  for (std::uint8_t& s : stays) s = s == 0 ? 1 : 0;
  found.keep(stays);
}

void deblend(Found& found, const Frame& frame, const Background& background,
             const PeakSearch& search, const DetectConfig& config) {
  std::vector<Peak> peaks;
  std::vector<std::size_t> place;
  for (std::size_t i = 0; i < found.candidates.size(); ++i) {
    const Candidate& c = found.candidates[i];
    if (c.plateau_px > 0.0) continue;
    peaks.push_back({c.x_px, c.y_px, c.snr});
    place.push_back(i);
  }
  const std::vector<std::uint8_t> separate =
      deblended(frame, background, peaks,
                {.fwhm_px = search.fwhm_px,
                 .noise_scale = search.noise_scale,
                 .n_level = config.deblend_levels,
                 .contrast = config.deblend_contrast,
                 .one_per_island = config.deblend == "none"});
  std::vector<std::uint8_t> stays(found.candidates.size(), 1);
  for (std::size_t k = 0; k < place.size(); ++k) stays[place[k]] = separate[k];
  found.keep(stays);
}

/// Drops sources within a larger plateau's reach, then of two on one star the one that comes later
/// in `order`; one star is the frame's star ellipse at half maximum, doubled: 1 FWHM in distance.
std::vector<std::size_t> without_doubles(const std::vector<Source>& sources,
                                         const std::vector<Candidate>& candidates,
                                         const std::vector<std::size_t>& order, const Frame& frame,
                                         const FrameShape& stars) {
  const double fwhm_px = stars.fwhm_px;
  const StarShape s = shape_of(stars.shape, 1e-4, 1e6);
  const double reach_px = fwhm_px * std::sqrt(std::max(1.0, s.elongation));
  double widest_px = 0.0;
  for (const Candidate& c : candidates)
    if (c.plateau_px > 0.0) widest_px = std::max(widest_px, fwhm_px + 1.5 * c.plateau_px);
  NearGrid taken{frame.nx(), frame.ny(), reach_px}, plateaus{frame.nx(), frame.ny(), widest_px};
  std::vector<double> plateau_reach_px;
  std::vector<std::size_t> kept;
  for (const std::size_t i : order) {
    const Source& source = sources[i];
    const Candidate& c = candidates[i];
    bool is_double = false;
    if (!plateau_reach_px.empty())
      plateaus.each_near(c.x_px, c.y_px, widest_px, [&](std::size_t k, double dx, double dy) {
        is_double = is_double || std::hypot(dx, dy) < plateau_reach_px[k];
      });
    if (c.plateau_px > 0.0) {
      if (is_double) continue;
      plateaus.add(c.x_px, c.y_px);
      plateau_reach_px.push_back(fwhm_px + 1.5 * c.plateau_px);
    } else {
      taken.each_near(source.x_px, source.y_px, reach_px, [&](std::size_t, double dx, double dy) {
        const double r2 =
            s.s * (dx * dx + dy * dy) + s.d * (dx * dx - dy * dy) + 2.0 * s.k * dx * dy;
        is_double = is_double || r2 < kFwhmPerSigma * kFwhmPerSigma;
      });
      if (is_double) continue;
    }
    taken.add(source.x_px, source.y_px);
    kept.push_back(i);
  }
  return kept;
}

/// Each star once, brightest first.
std::vector<Source> single_sources(const Found& found, const Frame& frame,
                                   const FrameShape& stars) {
  std::vector<std::size_t> order(found.sources.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Candidate &c = found.candidates[a], &d = found.candidates[b];
    if (c.plateau_px != d.plateau_px) return c.plateau_px > d.plateau_px;
    const bool lost_a = (found.sources[a].flags & source_flag::no_centroid) != 0;
    const bool lost_b = (found.sources[b].flags & source_flag::no_centroid) != 0;
    if (lost_a != lost_b) return lost_b;
    return c.snr > d.snr;
  });
  std::vector<Source> out;
  for (const std::size_t i : without_doubles(found.sources, found.candidates, order, frame, stars))
    out.push_back(found.sources[i]);
  std::sort(out.begin(), out.end(), brighter);
  return out;
}

/// A neighbour nearer than 2 FWHM, the radius of the aperture, with a share of the light.
void flag_blends(std::vector<Source>& sources, const Frame& frame, double fwhm_px) {
  NearGrid near{frame.nx(), frame.ny(), 2.0 * fwhm_px};
  for (const Source& s : sources) near.add(s.x_px, s.y_px);
  for (std::size_t i = 0; i < sources.size(); ++i)
    near.each_near(
        sources[i].x_px, sources[i].y_px, 2.0 * fwhm_px, [&](std::size_t k, double, double) {
          if (k != i && sources[k].flux_e > kBlendShare * sources[i].flux_e)
            sources[i].flags = static_cast<SourceBits>(sources[i].flags | source_flag::blended);
        });
}

SourceList as_list(const std::vector<Source>& sources) {
  SourceList out;
  for (const Source& s : sources) {
    out.x_px.push_back(s.x_px);
    out.y_px.push_back(s.y_px);
    out.flux_e.push_back(s.flux_e);
    out.snr.push_back(s.snr);
    out.peak_e.push_back(s.peak_e);
    out.fwhm_px.push_back(static_cast<float>(s.shape.fwhm_px));
    out.elongation.push_back(static_cast<float>(s.shape.elongation));
    out.mask.push_back(s.mask);
    out.flux_err_e.push_back(s.flux_err_e);
    out.pos_err_px.push_back(s.pos_err_px);
    out.shape_s.push_back(static_cast<float>(s.shape.s));
    out.shape_d.push_back(static_cast<float>(s.shape.d));
    out.shape_k.push_back(static_cast<float>(s.shape.k));
    out.flags.push_back(s.flags);
  }
  return out;
}

}  // namespace

Detection detect_sources(const Frame& frame, const Background& background,
                         const DetectConfig& config) {
  Detection out;
  if (frame.signal_e.empty()) return out;
  PeakSearch search{.fwhm_px = config.fwhm_guess_px,
                    .noise_scale = noise_scale_of(frame, background),
                    .threshold_sigma = config.threshold_sigma,
                    .min_pixels = config.min_pixels,
                    .edge_px = config.edge_px};
  const FrameShape seen = frame_shape(frame, background, search);
  const FrameShape stars = filled(seen, config.fwhm_guess_px);
  search.fwhm_px = std::clamp(stars.fwhm_px, 1.0, 30.0);

  std::vector<Candidate> candidates;
  for (const Peak& p : find_peaks(frame, background, search))
    candidates.push_back({.x_px = p.x_px, .y_px = p.y_px, .snr = p.snr});
  const std::vector<Candidate> plateaus = saturated_plateaus(
      frame, background, search.noise_scale, config.threshold_sigma, config.edge_px);
  candidates.insert(candidates.end(), plateaus.begin(), plateaus.end());

  const MeasureRule rule{.stars = stars,
                         .method = centroid_method(config.centroid, stars.fwhm_px),
                         .max_shift_px = config.max_shift * search.fwhm_px,
                         .noise_scale = search.noise_scale};
  Found found = measured(frame, background, candidates, rule, config);
  if (config.reject_streaks) drop_streaks(found, frame, stars);
  if (config.deblend != "peaks") deblend(found, frame, background, search, config);
  std::vector<Source> sources = single_sources(found, frame, stars);
  flag_blends(sources, frame, stars.fwhm_px);
  out.sources = as_list(spread_evenly(sources, static_cast<std::size_t>(config.max_sources)));
  out.fwhm_px = seen.fwhm_px;
  out.elongation = seen.elongation;
  return out;
}

}  // namespace skyweft::detect
