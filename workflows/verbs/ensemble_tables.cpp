// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/robust.hpp"
#include "lc/ensemble_series.hpp"
#include "lc/statistics.hpp"
#include "workflows/verbs/ensemble.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::int64_t kRunPoints = 12;
/// Cards COMPn and WGHTn have room for so many.
constexpr std::size_t kMaxCards = 999;

std::vector<double> mags_of(const std::vector<double>& flux_rel) {
  std::vector<double> out;
  for (const double f : flux_rel) out.push_back(f > 0.0 ? -2.5 * std::log10(f) : kNaN);
  return out;
}

std::vector<double> mag_errs_of(const std::vector<double>& flux_rel,
                                const std::vector<double>& err) {
  std::vector<double> out;
  for (std::size_t i = 0; i < err.size(); ++i)
    out.push_back(flux_rel[i] > 0.0 ? kMagPerRelativeFlux * err[i] / flux_rel[i] : kNaN);
  return out;
}

/// What was reached outside of the event, over the given points.
struct Reached {
  lc::SeriesScatter scatter;
  double formal = kNaN;
  double beta = kNaN;
};

Reached reached(const EnsembleCurve& curve, const std::vector<std::size_t>& frames) {
  std::vector<float> flux;
  std::vector<double> err;
  for (const std::size_t f : frames) {
    if (!curve.is_outside[f] || curve.is_clipped[f]) continue;
    flux.push_back(static_cast<float>(curve.flux_rel[f]));
    if (std::isfinite(curve.flux_rel[f])) err.push_back(curve.err[f]);
  }
  return {lc::series_scatter(flux), median_of_finite(std::span<const double>{err}),
          lc::red_noise_beta(flux, kRunPoints)};
}

std::vector<std::size_t> all_frames(const EnsembleCurve& curve) {
  std::vector<std::size_t> out(curve.flux_rel.size());
  for (std::size_t f = 0; f < out.size(); ++f) out[f] = f;
  return out;
}

/// Medians over the validation stars of all groups.
struct Validated {
  std::int64_t n = 0;
  double scatter = kNaN;
  double error_ratio = kNaN;
};

Validated validated(const std::vector<EnsembleGroup>& groups) {
  std::vector<double> scatter, ratio;
  for (const EnsembleGroup& group : groups)
    for (const lc::ValidationStar& star : group.validation) {
      scatter.push_back(star.scatter);
      ratio.push_back(star.error_ratio);
    }
  return {static_cast<std::int64_t>(scatter.size()),
          median_of_finite(std::span<const double>{scatter}),
          median_of_finite(std::span<const double>{ratio})};
}

std::vector<io::TableCard> head_of(const EnsembleCurve& curve, const EnsembleFluxes& fluxes,
                                   const EnsembleField& field, const LightCurveReader& reader,
                                   const EnsembleRequest& request) {
  const LightCurve& target = fluxes.target;
  std::vector<io::TableCard> out{
      {"STARID", static_cast<std::int64_t>(target.star_id), "star id"},
      {"RA_OBJ", target.position.ra.deg(), "[deg] right ascension, ICRS"},
      {"DEC_OBJ", target.position.dec.deg(), "[deg] declination, ICRS"},
      {"APERTURE", target.aperture, "index of the aperture"},
      {"APRADIUS", target.aperture_radius_px, "[pixel] its radius"},
      {"TIMESYS", std::string{"TDB"}, "time scale"},
      {"MODE", request.mode, "weights and choice of comparison stars"}};
  // FITS has no NaN in its cards.
  const auto number = [&](const char* key, double value, const char* comment) {
    if (std::isfinite(value)) out.push_back({key, value, comment});
  };
  const Reached whole = reached(curve, all_frames(curve));
  number("SCATTER", whole.scatter.scatter, "1.4826 MAD of flux_rel, outside the event");
  number("P2P", whole.scatter.point_to_point, "point-to-point scatter");
  number("ERRMED", whole.formal, "median formal error");
  number("ERRRATIO", whole.scatter.scatter / whole.formal, "scatter over formal error");
  number("BETA", whole.beta, "red noise over 12 points (Pont et al. 2006)");
  const Validated check = validated(curve.groups);
  out.push_back({"NVALID", check.n, "validation stars, treated like the target"});
  number("VALSCAT", check.scatter, "their median scatter");
  number("VALRATIO", check.error_ratio, "their median scatter over formal error");
  std::vector<io::TableCard> stars;
  std::int64_t n_star = 0;
  for (const EnsembleGroup& group : curve.groups)
    for (std::size_t k = 0; k < group.choice.verdicts.size(); ++k) {
      const lc::ComparisonVerdict& v = group.choice.verdicts[k];
      if (!v.is_kept) continue;
      ++n_star;
      if (stars.size() / 2 >= kMaxCards) continue;
      const auto row = static_cast<std::size_t>(field.rows[k]);
      stars.push_back({fmt::format("COMP{}", n_star),
                       static_cast<std::int64_t>(reader.stars().stars.id[row]),
                       fmt::format("comparison star, group {}", group.name)});
      stars.push_back({fmt::format("WGHT{}", n_star), v.weight, "its share of the weight"});
    }
  out.push_back({"NCOMP", n_star, "comparison stars, all groups"});
  out.insert(out.end(), stars.begin(), stars.end());
  return out;
}

io::Table binned_table(const EnsembleCurve& curve, const EnsembleFluxes& fluxes, double width_min) {
  std::vector<std::uint8_t> counts;
  for (std::size_t f = 0; f < curve.flux_rel.size(); ++f)
    counts.push_back(fluxes.is_usable[f] && !curve.is_clipped[f]);
  lc::BinnedSeries bins = lc::bin_by_time(fluxes.target.time_bjd_tdb, curve.flux_rel, curve.err,
                                          width_min * 60.0 / kSecondsPerDay, counts);
  io::Table t;
  const auto mag = mags_of(bins.flux);
  const auto mag_err = mag_errs_of(bins.flux, bins.err);
  t.columns = {
      {"time_bjd_tdb", "d", "weighted mean of the mid-exposure times, BJD_TDB", "time.epoch",
       std::move(bins.time)},
      {"flux_rel", "", "weighted mean of the flux relative to the comparison stars", "phot.flux",
       std::move(bins.flux)},
      {"flux_rel_err", "", "its formal error", "stat.error;phot.flux", std::move(bins.err)},
      {"flux_rel_scatter_err", "", "its error from the scatter within the bin", "stat.error",
       std::move(bins.scatter_err)},
      {"mag_diff", "mag", "magnitude relative to the median", "phot.mag", mag},
      {"mag_diff_err", "mag", "its formal error", "stat.error;phot.mag", mag_err},
      {"n_points", "", "points in the bin", "meta.number", std::move(bins.n)}};
  return t;
}

}  // namespace

io::Table ensemble_table(const EnsembleCurve& curve, const EnsembleFluxes& fluxes,
                         const EnsembleField& field, const LightCurveReader& reader,
                         const EnsembleRequest& request) {
  io::Table t;
  if (request.bin_min > 0.0) {
    t = binned_table(curve, fluxes, request.bin_min);
  } else {
    t.columns = {
        {"time_bjd_tdb", "d", "mid-exposure barycentric Julian date, TDB", "time.epoch",
         fluxes.target.time_bjd_tdb},
        {"frame_id", "", "exposure", "meta.id", fluxes.target.frame_id},
        {"flux_rel", "", "flux over that of the comparison stars, of median 1 outside the event",
         "phot.flux", curve.flux_rel},
        {"flux_rel_err", "", "its formal error", "stat.error;phot.flux", curve.err},
        {"mag_diff", "mag", "-2.5 log10 flux_rel", "phot.mag", mags_of(curve.flux_rel)},
        {"mag_diff_err", "mag", "its formal error", "stat.error;phot.mag",
         mag_errs_of(curve.flux_rel, curve.err)},
        {"err_star", "", "the star's own part of flux_rel_err", "stat.error", curve.err_star},
        {"err_comparison", "", "the comparison stars' part of it", "stat.error",
         curve.err_comparison},
        {"comparison_flux", "", "weighted mean of the comparison stars, of median 1", "phot.flux",
         curve.comparison},
        {"n_comparison", "", "comparison stars that count in this frame", "meta.number",
         curve.n_comparison},
        {"outside_event", "", "1: used for level and noise", "meta.code",
         std::vector<std::int32_t>(curve.is_outside.begin(), curve.is_outside.end())},
        {"clipped", "", "1: outlier", "meta.code",
         std::vector<std::int32_t>(curve.is_clipped.begin(), curve.is_clipped.end())},
        {"quality", "", "bits, see README", "meta.code.qual", fluxes.target.quality}};
  }
  t.name = "ENSEMBLE";
  t.extension = head_of(curve, fluxes, field, reader, request);
  return t;
}

io::Table candidates_table(const EnsembleCurve& curve, const EnsembleField& field,
                           const LightCurveReader& reader) {
  const StarCatalog& stars = reader.stars().stars;
  std::vector<std::string> group_name, reason;
  std::vector<std::int64_t> id, n_points;
  std::vector<std::int32_t> kept;
  std::vector<double> ra, dec, mag, colour, colour_difference, distance, saturated, scatter, excess,
      weight, gain, likeness, check_scatter, check_formal, check_ratio, check_beta;
  for (const EnsembleGroup& group : curve.groups) {
    std::map<std::int64_t, const lc::ValidationStar*> checks;
    for (const lc::ValidationStar& star : group.validation) checks[star.row] = &star;
    for (std::size_t k = 0; k < field.rows.size(); ++k) {
      static const lc::ComparisonVerdict kNone{};
      const lc::ComparisonVerdict& v =
          k < group.choice.verdicts.size() ? group.choice.verdicts[k] : kNone;
      const lc::ComparisonCandidate& c = field.candidates[k];
      const auto row = static_cast<std::size_t>(field.rows[k]);
      group_name.push_back(group.name);
      id.push_back(stars.id[row]);
      ra.push_back(stars.ra_deg[row]);
      dec.push_back(stars.dec_deg[row]);
      mag.push_back(c.mag);
      colour.push_back(c.colour);
      colour_difference.push_back(v.colour_difference);
      distance.push_back(c.distance_deg);
      saturated.push_back(c.saturated);
      n_points.push_back(v.n_points);
      scatter.push_back(v.scatter);
      excess.push_back(v.excess);
      likeness.push_back(v.likeness);
      weight.push_back(v.weight);
      gain.push_back(v.gain);
      kept.push_back(v.is_kept ? 1 : 0);
      reason.push_back(group.failure.empty() ? v.reason : group.failure);
      const auto it = checks.find(static_cast<std::int64_t>(k));
      const lc::ValidationStar none;
      const lc::ValidationStar& check = it == checks.end() ? none : *it->second;
      check_scatter.push_back(check.scatter);
      check_formal.push_back(check.formal);
      check_ratio.push_back(check.error_ratio);
      check_beta.push_back(check.beta);
    }
  }
  io::Table t;
  t.name = "CANDIDATES";
  t.columns = {
      {"group", "", "observing group", "", group_name},
      {"star_id", "", "candidate", "meta.id", id},
      {"ra_deg", "deg", "right ascension, ICRS", "pos.eq.ra", ra},
      {"dec_deg", "deg", "declination, ICRS", "pos.eq.dec", dec},
      {"mag", "mag", "catalogue magnitude", "phot.mag", mag},
      {"colour", "mag", "catalogue colour", "phot.color", colour},
      {"colour_difference", "mag", "candidate minus target", "phot.color", colour_difference},
      {"distance_deg", "deg", "from the target", "pos.angDistance", distance},
      {"saturated", "", "share of saturated points", "", saturated},
      {"n_points", "", "points without faults", "meta.number", n_points},
      {"scatter", "", "relative, against all other candidates", "stat.stdev", scatter},
      {"excess", "", "scatter over formal error, 1 being usual here", "", excess},
      {"likeness", "", "to the target in colour, magnitude and place, 1 for a twin", "", likeness},
      {"weight", "", "share in the artificial comparison star", "stat.weight", weight},
      {"gain", "", "growth of the other stars' noise without this one", "", gain},
      {"kept", "", "1: comparison star", "meta.code", kept},
      {"reason", "", "why kept or dropped", "meta.note", reason},
      {"validation_scatter", "", "1.4826 MAD when treated like the target", "stat.stdev",
       check_scatter},
      {"validation_formal", "", "median formal error of that", "stat.error", check_formal},
      {"validation_ratio", "", "scatter over formal error", "", check_ratio},
      {"validation_beta", "", "red noise over 12 points", "", check_beta}};
  return t;
}

std::string ensemble_summary(const EnsembleCurve& curve, const EnsembleFluxes& fluxes) {
  std::string out;
  for (const EnsembleGroup& group : curve.groups) {
    if (!group.failure.empty()) {
      out += fmt::format("{}: no ensemble: {}\n", group.name, group.failure);
      continue;
    }
    const auto& verdicts = group.choice.verdicts;
    const Reached r = reached(curve, group.frames);
    out += fmt::format(
        "{}: star {}, aperture {}: {} comparison stars of {} candidates; scatter "
        "{:.3g}, formal {:.3g}, beta {:.2f}",
        group.name, fluxes.target.star_id, fluxes.target.aperture,
        std::ranges::count_if(verdicts, [](const auto& v) { return v.is_kept; }), verdicts.size(),
        r.scatter.scatter, r.formal, r.beta);
    const Validated check = validated({group});
    if (check.n > 0)
      out += fmt::format("; {} validation stars: scatter {:.3g}, {:.2f} times formal", check.n,
                         check.scatter, check.error_ratio);
    out += '\n';
  }
  return out;
}

}  // namespace skyweft::workflows
