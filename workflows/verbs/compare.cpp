// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "lc/compare.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <unordered_map>

#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/tables.hpp"
#include "workflows/archive.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

struct CompareRequest {
  std::string a;
  std::string b;
  std::string stage = "tfa";
  std::string format;  ///< empty: text on a terminal, else csv
  std::string output;
};

StarTable stars_of(const std::string& root) {
  const Archive archive{root};
  require_archive(archive);
  if (!std::filesystem::exists(archive.star_table()))
    throw Error{Errc::bad_input,
                fmt::format("{} is not written yet, so there is nothing to compare; `skyweft "
                            "status {}` says how far the run is",
                            archive.star_table().string(), root)};
  return io::read_star_table_h5(archive.star_table().string());
}

/// A star's scatter and points after a stage, in the aperture that its run chose.
struct Measured {
  double scatter = kNaN;
  std::int64_t n_points = 0;
};

Measured measured(const StarTable& table, std::size_t star, std::size_t stage) {
  const std::size_t at = star * static_cast<std::size_t>(table.n_ap()) +
                         static_cast<std::size_t>(table.aperture[star]);
  const float n = table.n_finite[stage][at];
  return {static_cast<double>(table.scatter[stage][at]),
          n > 0.0F ? static_cast<std::int64_t>(n) : 0};
}

std::vector<lc::StarPair> pairs_of(const StarTable& a, const StarTable& b, std::size_t stage) {
  std::unordered_map<StarId, std::size_t> row_in_b;
  for (std::size_t i = 0; i < b.stars.id.size(); ++i) row_in_b.emplace(b.stars.id[i], i);
  std::vector<lc::StarPair> pairs;
  for (std::size_t i = 0; i < a.stars.id.size(); ++i) {
    const auto same = row_in_b.find(a.stars.id[i]);
    if (same == row_in_b.end()) continue;
    const Measured in_a = measured(a, i, stage);
    const Measured in_b = measured(b, same->second, stage);
    pairs.push_back({.mag = static_cast<double>(a.stars.mag[i]),
                     .scatter_a = in_a.scatter,
                     .scatter_b = in_b.scatter,
                     .n_points_a = in_a.n_points,
                     .n_points_b = in_b.n_points});
  }
  return pairs;
}

io::Table as_table(const std::vector<lc::ScatterComparison>& rows) {
  io::Table t;
  t.name = "COMPARE";
  std::vector<std::string> bins;
  std::vector<std::int64_t> counts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bins.push_back(i + 1 == rows.size() ? "all" : "bin");
    counts.push_back(rows[i].n_star);
  }
  t.columns.push_back({"row", "", "bin of magnitude, or all stars", "", std::move(bins)});
  const auto numbers = [&](const char* name, const char* unit, const char* meaning, auto member) {
    std::vector<double> v;
    for (const lc::ScatterComparison& row : rows) v.push_back(row.*member);
    t.columns.push_back({name, unit, meaning, "", std::move(v)});
  };
  using Row = lc::ScatterComparison;
  numbers("from_mag", "mag", "catalogue magnitude from", &Row::from_mag);
  numbers("to_mag", "mag", "catalogue magnitude to", &Row::to_mag);
  t.columns.push_back({"n_star", "", "stars with a scatter in both", "meta.number", counts});
  numbers("scatter_a", "mag", "median 1.4826 MAD in A, apertures as A chose them", &Row::scatter_a);
  numbers("scatter_b", "mag", "median 1.4826 MAD in B, apertures as B chose them", &Row::scatter_b);
  numbers("ratio", "", "median of the stars' own B/A", &Row::ratio);
  numbers("ratio_err", "", "bootstrap error of the ratio", &Row::ratio_err);
  numbers("better", "", "share of stars with less scatter in B", &Row::better);
  numbers("worse", "", "share of stars with more scatter in B", &Row::worse);
  numbers("points_a", "", "median number of points in A", &Row::points_a);
  numbers("points_b", "", "median number of points in B", &Row::points_b);
  numbers("points_kept", "", "points in B over points in A", &Row::points_kept);
  return t;
}

std::string as_text(const std::vector<lc::ScatterComparison>& rows, const CompareRequest& request,
                    std::size_t n_common) {
  std::string text = fmt::format(
      "A {}\nB {}\n{} stars in common; scatter (1.4826 MAD, mmag) after {}; ratio: median of the "
      "stars' own B/A\n\n",
      request.a, request.b, n_common, request.stage);
  text += fmt::format("{:>11} {:>7} {:>9} {:>9} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}\n", "mag",
                      "stars", "A", "B", "B/A", "+-", "better", "worse", "points A", "points B");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const lc::ScatterComparison& row = rows[i];
    const std::string name =
        i + 1 == rows.size() ? "all" : fmt::format("{:.1f}-{:.1f}", row.from_mag, row.to_mag);
    text += fmt::format(
        "{:>11} {:>7} {:>9.3f} {:>9.3f} {:>7.3f} {:>7.3f} {:>6.0f}% {:>6.0f}% {:>8g} {:>8g}\n",
        name, row.n_star, 1e3 * row.scatter_a, 1e3 * row.scatter_b, row.ratio, row.ratio_err,
        100.0 * row.better, 100.0 * row.worse, row.points_a, row.points_b);
  }
  return text + fmt::format("\npoints kept: {:.1f} % of A's\n", 100.0 * rows.back().points_kept);
}

int compare(CompareRequest request) {
  if (request.format.empty())
    request.format = request.output.empty() && isatty(STDOUT_FILENO) != 0 ? "text" : "csv";
  const StarTable a = stars_of(request.a);
  const StarTable b = stars_of(request.b);
  const auto stage =
      static_cast<std::size_t>(std::ranges::find(kStages, request.stage) - kStages.begin());
  const std::vector<lc::StarPair> pairs = pairs_of(a, b, stage);
  if (pairs.empty())
    throw Error{Errc::bad_input,
                fmt::format("{} and {} have no star in common ({} and {} stars): stars are told by "
                            "their star_id, so both runs must take them from the same catalogue",
                            request.a, request.b, a.stars.size(), b.stars.size())};
  const std::vector<lc::ScatterComparison> rows = lc::compare_scatter(pairs);
  if (rows.empty())
    throw Error{Errc::bad_input,
                fmt::format("none of the {} stars in common has a scatter after {} in both {} and "
                            "{}; try another --stage",
                            pairs.size(), request.stage, request.a, request.b)};
  if (request.format == "text")
    emit_text(as_text(rows, request, pairs.size()), request.output);
  else
    emit_table(as_table(rows), request.format, request.output);
  return 0;
}

}  // namespace

void declare_compare(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<CompareRequest>();  // shared: lives as long as the parsed command
  app.add_option("A", request->a, "archive folder to compare with")->required();
  app.add_option("B", request->b, "archive folder that is compared")->required();
  app.add_option("--stage", request->stage, "raw, magfit, epd or tfa; default: tfa")
      ->check(CLI::IsMember({"raw", "magfit", "epd", "tfa"}));
  app.add_option("--format", request->format,
                 "csv, ecsv, fits or text; default: text on a terminal, else csv")
      ->check(CLI::IsMember({"csv", "ecsv", "fits", "text"}));
  app.add_option("-o,--output", request->output, "file to write, default: standard output");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return compare(*request); }); };
  });
}

}  // namespace skyweft::workflows
