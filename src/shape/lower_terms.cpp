// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/lower_terms.hpp"

#include <cctype>

namespace skyweft::shape {

std::string lower_terms(std::string_view terms) {
  std::string out{terms};
  std::size_t best = std::string::npos;
  for (std::size_t i = 0; i + 2 < out.size(); ++i) {
    const bool inside = i > 0 && std::isalnum(static_cast<unsigned char>(out[i - 1])) != 0;
    if (out[i] != 'O' || inside || out[i + 2] != '{' || out[i + 1] < '1' || out[i + 1] > '9')
      continue;
    if (best == std::string::npos || out[i + 1] > out[best]) best = i + 1;
  }
  if (best == std::string::npos) return "O0{x}";
  --out[best];
  return out;
}

std::string terms_for(std::string terms, std::int64_t n_point, std::int64_t per_term) {
  for (;;) {
    const std::int64_t n_term = Terms::parse(terms).n_term();
    if (n_term <= 1 || n_point >= per_term * n_term) return terms;
    terms = lower_terms(terms);
  }
}

PlaceColumns::PlaceColumns(std::span<const double> x_px, std::span<const double> y_px,
                           std::int64_t nx, std::int64_t ny)
    : x(x_px.begin(), x_px.end()), y(y_px.begin(), y_px.end()), u(x), v(y) {
  for (double& value : u) value = (2.0 * value + 1.0) / static_cast<double>(nx) - 1.0;
  for (double& value : v) value = (2.0 * value + 1.0) / static_cast<double>(ny) - 1.0;
}

void PlaceColumns::add_to(NamedColumns& columns) const {
  columns.add("x", x);
  columns.add("y", y);
  columns.add("u", u);
  columns.add("v", v);
}

}  // namespace skyweft::shape
