// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cmath>
#include <map>

#include <fmt/format.h>

#include "workflows/report/report.hpp"

namespace skyweft::workflows {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string mmag(double scatter) {
  return std::isfinite(scatter) ? fmt::format("{:.2f}", 1000.0 * scatter) : "–";
}

std::string figure(const Picture& p) {
  if (p.file.empty())
    return fmt::format(
        "<p class=missing>Picture not drawn ({}): gnuplot is missing or failed.</p>\n",
        escaped(p.caption));
  return fmt::format("<figure><img src=\"{}\" alt=\"{}\"><figcaption>{}</figcaption></figure>\n",
                     escaped(p.file), escaped(p.caption), escaped(p.caption));
}

std::string targets_html(const ReportContent& content) {
  std::string out;
  for (const auto& t : content.targets) {
    out += fmt::format("<h2>{}</h2>\n", escaped(t.name));
    if (!t.problem.empty()) {
      out += fmt::format("<p class=missing>{}</p>\n", escaped(t.problem));
      continue;
    }
    out += fmt::format("<table><tr><th>star</th><th>aperture, px</th>", 0);
    for (const auto& stage : kStages) out += fmt::format("<th>{}, mmag</th>", stage);
    out +=
        fmt::format("<th>noise model, mmag</th><th>data</th></tr>\n<tr><td>{}</td><td>{:.2f}</td>",
                    t.star_id, t.radius_px);
    for (const double s : t.scatter) out += fmt::format("<td>{}</td>", mmag(s));
    out += fmt::format("<td>{}</td><td><a href=\"{}\">CSV</a></td></tr></table>\n",
                       mmag(t.noise_model), escaped(t.csv));
    out += figure(t.picture);
  }
  return out;
}

std::string rejects_html(const ReportContent& content) {
  std::string rows;
  std::map<std::string, int> sums;
  for (const FrameRecord& f : content.frames) {
    if (f.state != FrameState::rejected) continue;
    ++sums[f.stage + (f.test.empty() ? "" : ": " + f.test)];
    rows += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escaped(f.file), escaped(f.stage), escaped(f.test),
        std::isfinite(f.measured) ? fmt::format("{:g}", f.measured) : "",
        std::isfinite(f.threshold) ? fmt::format("{:g}", f.threshold) : "", escaped(f.reason));
  }
  if (rows.empty()) return "<p>No frame was set aside.</p>\n";
  std::string out = "<ul>";
  for (const auto& [reason, n] : sums)
    out += fmt::format("<li>{} frame(s): {}</li>", n, escaped(reason));
  return out +
         "</ul>\n<table><tr><th>file</th><th>stage</th><th>test</th><th>measured</"
         "th><th>threshold</th><th>reason</th></tr>\n" +
         rows + "</table>\n";
}

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>
body{font:16px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;font-size:.9rem;margin:.5rem 0}th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:left}
figure{margin:1rem 0}img{max-width:100%}figcaption{font-size:.9rem;color:#555}.missing{color:#a33}
</style>
)";

}  // namespace

std::string html_of(const ReportContent& content) {
  std::int64_t measured = 0;
  for (const FrameRecord& f : content.frames) measured += f.state == FrameState::measured ? 1 : 0;
  std::string out{kHead};
  out += fmt::format("<title>{0}</title></head><body>\n<h1>{0}</h1>\n", escaped(content.title));
  out += fmt::format("<p>{} stars, {} frames measured, {} set aside. skyweft {}.</p>\n",
                     content.n_star, measured,
                     static_cast<std::int64_t>(content.frames.size()) - measured, SKYWEFT_VERSION);
  out += targets_html(content);
  out += "<h2>Field and night</h2>\n";
  for (const Picture& p : content.pictures) out += figure(p);
  out += "<h2>Frames set aside</h2>\n" + rejects_html(content);
  return out + "</body></html>\n";
}

}  // namespace skyweft::workflows
