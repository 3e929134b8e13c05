#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/pki/authority.h"
#include "ctl/pki/bundle.h"

namespace pai::ctl {

// What a command says when it is done: what was made, what to hand to whom, and the lines for a
// configuration. Pure.

struct Paths {
  std::string certificate;
  std::string key;
};

std::string words_for_authority(const std::string& name, const std::string& fingerprint,
                                std::int64_t not_after, const std::string& folder, const Paths& made);
std::string words_for_issued(const pki::Issued& issued, const Paths& made);
std::string words_for_request(const pki::Names& names, const std::string& request, const std::string& key);
std::string words_for_signed(const pki::Issued& issued, const std::vector<std::string>& left_out,
                             const std::string& certificate);
std::string words_for_renewed(const pki::Issued& issued, const std::string& certificate,
                              const std::string& old);
std::string words_for_bundle(const pki::Bundle& bundle, const std::string& file);

// The same for programs.

std::string json_for_authority(const std::string& name, const std::string& fingerprint, std::int64_t not_after, const Paths& made);
/// Also of what was signed or renewed, then without a key.
std::string json_for_issued(const pki::Issued& issued, const Paths& made);
std::string json_for_request(const pki::Names& names, const std::string& request, const std::string& key);
std::string json_for_bundle(const pki::Bundle& bundle, const std::string& file);

}  // namespace pai::ctl
