// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

// What became of injected signals: attenuation and completeness per magnitude and stage.
#include "lc/recovery.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "lc/groups.hpp"
#include "workflows/light_curve.hpp"
#include "workflows/load_config.hpp"
#include "workflows/stages/injections.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

struct RecoveryRequest {
  std::string archive;
  std::string branch;
  std::string format = "text";
  std::string output;
  double width_mag = 0.5;
  double least_snr = 7.0;
  bool per_star = false;
};

/// One star, all stages.
struct StarRow {
  const lc::Injection* injection = nullptr;
  double mag = kNaN;
  std::array<lc::Recovered, kStages.size()> found;
};

/// The group of every measured frame, by frame id.
std::map<FrameId, std::int32_t> groups_by_frame(const std::vector<FrameRecord>& frames,
                                                const lc::GroupConfig& config) {
  const lc::FrameGroups groups = lc::group_frames(frames, config);
  std::map<FrameId, std::int32_t> out;
  for (std::size_t f = 0; f < frames.size(); ++f) out[frames[f].id] = groups.of_frame[f];
  return out;
}

StarRow recover_star(const LightCurveReader& reader, const lc::InjectionPlan& plan,
                     const lc::Injection& injection,
                     const std::map<FrameId, std::int32_t>& group_of_frame) {
  LightCurve curve = reader.read(injection.row);
  const std::vector<double> shape = lc::signal_shape(injection.signal, curve.time_bjd_tdb);
  std::vector<std::int32_t> group;
  for (const std::int64_t id : curve.frame_id) group.push_back(group_of_frame.at(id));
  // The archive's raw photometry is what was measured: signals in magnitudes come on top of it.
  if (!plan.in_pixels)
    for (std::size_t i = 0; i < shape.size(); ++i)
      curve.mags[0][i] += static_cast<float>(injection.amplitude_mag * shape[i]);
  StarRow row{.injection = &injection, .mag = curve.mag, .found = {}};
  for (std::size_t s = 0; s < kStages.size(); ++s)
    row.found[s] = lc::recover_signal(shape, curve.mags[s], curve.mag_err, group);
  return row;
}

bool was_run(const std::vector<StarRow>& rows, std::size_t stage) {
  return std::ranges::any_of(rows, [&](const StarRow& r) { return r.found[stage].n_point > 0; });
}

io::Table by_magnitude(const std::vector<StarRow>& rows, const RecoveryRequest& request) {
  std::vector<std::string> stage;
  std::vector<double> low, high, attenuation, attenuation_err, completeness;
  std::vector<std::int64_t> n_star, n_seen;
  for (std::size_t s = 0; s < kStages.size(); ++s) {
    if (!was_run(rows, s)) continue;
    std::vector<lc::RecoveredStar> stars;
    for (const StarRow& r : rows)
      stars.push_back(
          {.mag = r.mag, .injected_mag = r.injection->amplitude_mag, .found = r.found[s]});
    auto bins = lc::recovery_by_magnitude(stars, request.width_mag, request.least_snr);
    bins.push_back(lc::summarise_recovery(stars, request.least_snr));
    for (const lc::RecoveryBin& bin : bins) {
      stage.emplace_back(kStages[s]);
      low.push_back(bin.mag_low);
      high.push_back(bin.mag_high);
      n_star.push_back(bin.n_star);
      n_seen.push_back(bin.n_seen);
      attenuation.push_back(bin.attenuation);
      attenuation_err.push_back(bin.attenuation_err);
      completeness.push_back(bin.completeness);
    }
  }
  io::Table t;
  t.name = "RECOVERY";
  t.columns = {
      {"stage", "", "light-curve stage", "", stage},
      {"mag_low", "mag", "bright edge of the bin; none: all stars", "", low},
      {"mag_high", "mag", "its faint edge", "", high},
      {"n_star", "", "stars with an injected signal", "", n_star},
      {"n_seen", "", "of these, observed in and out of an event", "", n_seen},
      {"attenuation", "", "median of recovered over injected amplitude", "", attenuation},
      {"attenuation_err", "", "its error", "", attenuation_err},
      {"completeness", "", "share of the seen ones recovered with enough S/N", "", completeness}};
  return t;
}

io::Table by_star(const std::vector<StarRow>& rows) {
  std::vector<std::int64_t> id, n_point, n_inside;
  std::vector<double> mag, amplitude, mid, period, duration;
  for (const StarRow& r : rows) {
    id.push_back(r.injection->star_id);
    mag.push_back(r.mag);
    amplitude.push_back(r.injection->amplitude_mag);
    mid.push_back(r.injection->signal.mid_bjd);
    period.push_back(r.injection->signal.period_d);
    duration.push_back(24.0 * r.injection->signal.duration_d);
    n_point.push_back(r.found[0].n_point);
    n_inside.push_back(r.found[0].n_inside);
  }
  io::Table t;
  t.name = "RECOVERY";
  t.columns = {{"star_id", "", "star", "meta.id", id},
               {"mag", "mag", "catalogue magnitude", "phot.mag", mag},
               {"amplitude", "mag", "injected", "", amplitude},
               {"mid_bjd", "d", "mid-transit or maximum, BJD_TDB", "", mid},
               {"period", "d", "period", "", period},
               {"duration", "h", "of a transit", "", duration},
               {"n_point", "", "points", "", n_point},
               {"n_inside", "", "of these in the upper half of the signal", "", n_inside}};
  for (std::size_t s = 0; s < kStages.size(); ++s) {
    if (!was_run(rows, s)) continue;
    std::vector<double> value, error, snr;
    for (const StarRow& r : rows) {
      value.push_back(r.found[s].amplitude_mag);
      error.push_back(r.found[s].error_mag);
      snr.push_back(r.found[s].snr());
    }
    t.columns.push_back({fmt::format("amplitude_{}", kStages[s]), "mag", "recovered", "", value});
    t.columns.push_back({fmt::format("error_{}", kStages[s]), "mag", "its error", "", error});
    t.columns.push_back({fmt::format("snr_{}", kStages[s]), "", "their ratio", "", snr});
  }
  return t;
}

std::string cell_of(const io::TableColumn& column, std::size_t row) {
  return std::visit(
      [&](const auto& values) -> std::string {
        using T = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_floating_point_v<T>) {
          if (!std::isfinite(values[row])) return "-";
          return column.unit == "d" ? fmt::format("{:.5f}", values[row])
                                    : fmt::format("{:.4g}", values[row]);
        } else {
          return fmt::format("{}", values[row]);
        }
      },
      column.values);
}

/// Columns of equal width for reading.
std::string as_text(const io::Table& table) {
  std::vector<std::size_t> width;
  for (const io::TableColumn& column : table.columns) {
    width.push_back(column.name.size());
    for (std::size_t row = 0; row < column.size(); ++row)
      width.back() = std::max(width.back(), cell_of(column, row).size());
  }
  std::string out;
  for (std::int64_t row = -1; row < table.n_row(); ++row) {
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      out += fmt::format("{}{:>{}}", c > 0 ? "  " : "",
                         row < 0 ? table.columns[c].name
                                 : cell_of(table.columns[c], static_cast<std::size_t>(row)),
                         width[c]);
    out += '\n';
  }
  return out;
}

int write_recovery(const RecoveryRequest& request) {
  std::filesystem::path root{request.archive};
  if (!request.branch.empty()) root = root / "branches" / request.branch;
  const LightCurveReader reader{Archive{root}};
  const RunConfig config = config_of_archive(root);
  if (config.inject.kind == "none")
    throw Error{Errc::bad_input,
                fmt::format("{} was run without artificial signals; make a branch with them: "
                            "skyweft run {} --from magfit --as NAME --set inject.kind=transit",
                            root.string(), request.archive)};
  RunState state;
  state.stars = reader.stars().stars;
  const lc::InjectionPlan plan = plan_injections(config, state);
  const auto group_of_frame = groups_by_frame(reader.frames(), config.groups);
  std::vector<StarRow> rows;
  for (const lc::Injection& injection : plan.stars)
    rows.push_back(recover_star(reader, plan, injection, group_of_frame));
  const io::Table table = request.per_star ? by_star(rows) : by_magnitude(rows, request);
  if (request.format == "text")
    emit_text(as_text(table), request.output);
  else
    emit_table(table, request.format, request.output);
  return 0;
}

}  // namespace

void declare_recovery(CLI::App& app, Invocation& call) {
  auto request =
      std::make_shared<RecoveryRequest>();  // shared: lives as long as the parsed command
  app.add_option("archive", request->archive, "archive folder, run with section [inject]")
      ->required();
  app.add_option("--as", request->branch, "name of a branch of it");
  app.add_flag("--stars", request->per_star, "one row per star instead of per magnitude");
  app.add_option("--width", request->width_mag, "width of a bin, mag")->check(CLI::PositiveNumber);
  app.add_option("--snr", request->least_snr, "a signal counts as found from this S/N on");
  app.add_option("--format", request->format, "text, csv, ecsv or fits")
      ->check(CLI::IsMember({"text", "csv", "ecsv", "fits"}));
  app.add_option("-o,--output", request->output, "file to write; default: standard output");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return write_recovery(*request); }); };
  });
}

}  // namespace skyweft::workflows
