// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/wcs_cards.hpp"

#include <cmath>
#include <vector>

#include <fitsio.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/fits_handle.hpp"

namespace skyweft::io {
namespace {

void add_polynomial(Header& cards, const std::string& name, int order,
                    const std::vector<double>& coefficients, int lowest) {
  cards.add_integer(name + "_ORDER", order, "polynomial order");
  std::size_t k = 0;
  for (int degree = 0; degree <= order; ++degree)
    for (int q = 0; q <= degree; ++q, ++k)
      if (degree >= lowest)
        cards.add_number(fmt::format("{}_{}_{}", name, degree - q, q), coefficients[k]);
}

void add_comment(Header& cards, std::string text) {
  cards.add({"COMMENT", std::move(text), {}, false});
}

std::string line_of(const HeaderCard& card) {
  std::string line;
  if (card.key == "COMMENT")
    line = fmt::format("COMMENT {}", card.value);
  else
    line = fmt::format("{:<8}= {:>20}", card.key,
                       card.is_text ? fmt::format("'{:<8}'", card.value) : card.value);
  if (!card.comment.empty()) line += " / " + card.comment;
  line.resize(80, ' ');
  return line;
}

}  // namespace

Header wcs_cards(const TanSip& sip) {
  if (!sip.valid()) throw Error{Errc::internal, "an empty plate solution has no keywords"};
  const bool is_distorted = sip.order > 1;
  Header cards;
  const char* const suffix = is_distorted ? "-SIP" : "";
  cards.add_integer("WCSAXES", 2, "axes of the world coordinates");
  cards.add_text("CTYPE1", fmt::format("RA---TAN{}", suffix), "right ascension, gnomonic");
  cards.add_text("CTYPE2", fmt::format("DEC--TAN{}", suffix), "declination, gnomonic");
  cards.add_text("CUNIT1", "deg");
  cards.add_text("CUNIT2", "deg");
  cards.add_number("CRVAL1", sip.centre.ra.deg(), "[deg] at the reference pixel");
  cards.add_number("CRVAL2", sip.centre.dec.deg(), "[deg] at the reference pixel");
  cards.add_number("CRPIX1", sip.reference.x_px + 1.0, "reference pixel, the first is 1");
  cards.add_number("CRPIX2", sip.reference.y_px + 1.0, "reference pixel, the first is 1");
  cards.add_number("CD1_1", sip.cd[0], "[deg/pixel]");
  cards.add_number("CD1_2", sip.cd[1], "[deg/pixel]");
  cards.add_number("CD2_1", sip.cd[2], "[deg/pixel]");
  cards.add_number("CD2_2", sip.cd[3], "[deg/pixel]");
  cards.add_number("LONPOLE", 180.0, "[deg]");
  cards.add_text("RADESYS", "ICRS");
  if (is_distorted) {
    add_polynomial(cards, "A", sip.order, sip.a, 2);
    add_polynomial(cards, "B", sip.order, sip.b, 2);
  }
  if (is_distorted && sip.inverse_order > 0) {
    add_polynomial(cards, "AP", sip.inverse_order, sip.ap, 0);
    add_polynomial(cards, "BP", sip.inverse_order, sip.bp, 0);
  }
  if (std::isfinite(sip.forward_error_px))
    cards.add_number("SIPERR", sip.forward_error_px, "[pixel] worst distance to the fit to stars");
  if (is_distorted && std::isfinite(sip.round_trip_error_px))
    cards.add_number("SIPINERR", sip.round_trip_error_px,
                     "[pixel] worst round trip by A, B, AP, BP");
  add_comment(cards, fmt::format("skyweft: pixel to sky is within {:.2g} pixel of the plate "
                                 "solution",
                                 sip.forward_error_px));
  if (is_distorted)
    add_comment(cards, fmt::format("skyweft: sky to pixel by AP and BP closes to {:.2g} pixel",
                                   sip.round_trip_error_px));
  if (sip.left_out_px_per_mag.x_px != 0.0 || sip.left_out_px_per_mag.y_px != 0.0) {
    add_comment(cards, fmt::format("skyweft: holds for stars of colour {:.3f}; others are off by",
                                   sip.colour_zero));
    add_comment(cards, fmt::format("skyweft: ({:.4f}, {:.4f}) pixel per magnitude of colour",
                                   sip.left_out_px_per_mag.x_px, sip.left_out_px_per_mag.y_px));
  }
  return cards;
}

std::string wcs_text(const TanSip& sip) {
  std::string out;
  const Header cards = wcs_cards(sip);  // outlives the loop: C++20 does not extend temporaries
  for (const HeaderCard& card : cards.cards()) out += line_of(card) + "\n";
  return out + "END" + std::string(77, ' ') + "\n";
}

void write_wcs_file(const std::filesystem::path& path, const TanSip& sip, std::int64_t nx,
                    std::int64_t ny) {
  AtomicFile atomic{path};
  FitsHandle file = FitsHandle::create(atomic.part_name());
  int status = 0;
  fits_create_imgll(file.get(), BYTE_IMG, 0, nullptr, &status);
  check_fits(status, "begin", path, Errc::io);
  Header cards = wcs_cards(sip);
  cards.add_integer("IMAGEW", nx, "[pixel] width of the frame");
  cards.add_integer("IMAGEH", ny, "[pixel] height of the frame");
  cards.add_text("ORIGIN", "skyweft");
  write_cards(file, cards);
  file.close();
  atomic.commit();
}

}  // namespace skyweft::io
