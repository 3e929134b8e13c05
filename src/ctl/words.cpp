#include "ctl/words.h"

#include "common/base/text.h"
#include "ctl/pki/times.h"

namespace pai::ctl {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

/// The name by which the daemons' matching knows it: an alternative name where there is one (RFC 6125).
std::string known_as(const pki::Names& names) {
  const auto alternatives = names.alternatives();
  return alternatives.empty() ? names.common_name : alternatives.front();
}

std::string names_text(const pki::Names& names) {
  return names.has_alternatives() ? joined(names.alternatives())
                                  : names.common_name + " (the common name only)";
}

/// Names in certificates are letters, digits and ._-@, so nothing needs an escape in TOML.
std::string tls_block(const std::string& name) {
  return "In the daemon's configuration (pai-node.toml, pai-master.toml):\n\n"
         "  [tls]\n"
         "  certificate = \"/etc/pai/" +
         name +
         ".pem\"\n"
         "  key = \"/etc/pai/" +
         name +
         ".key\"\n"
         "  trusted = \"/etc/pai/trusted.pem\"      # the CAs that it believes: `paictl pki bundle`\n\n"
         "A person calls with it: curl --cacert trusted.pem --cert " +
         name + ".pem --key " + name + ".key https://…\n";
}

std::string told_to_others(const pki::Issued& issued) {
  const std::string name = known_as(issued.names);
  return "Tell the others its name, or its fingerprint, which no other CA can imitate but which changes with "
         "each renewal:\n\n"
         "  identity = \"" +
         name +
         "\"           # of a node: in the master's [[nodes]]\n"
         "  allowed_peers = [\"" +
         name +
         "\"]    # of a master: in each node's [tls]\n"
         "  \"" +
         issued.fingerprint + "\"\n";
}

std::string shortened_note(const pki::Issued& issued) {
  return issued.shortened
             ? "note: it ends with its CA, before the days that were asked for; a new CA is due by then\n"
             : "";
}

std::string unnamed_note(const pki::Names& names) {
  const auto alternatives = names.alternatives();
  if (pki::is_host_name(names.common_name) || alternatives.empty()) return "";
  for (const auto& one : alternatives) {
    if (one == names.common_name) return "";
  }
  return "note: '" + names.common_name + "' is no host name, so the daemons know it only as " +
         joined(alternatives) + "\n";
}

}  // namespace

std::string words_for_authority(const std::string& name, const std::string& fingerprint,
                                std::int64_t not_after, const std::string& folder, const Paths& made) {
  return "made the CA '" + printable(name) + "', which holds until " + pki::day_text(not_after) +
         "\n"
         "  " +
         made.certificate + "   " + fingerprint +
         "\n"
         "  " +
         made.key +
         "   its private key (mode 0600)\n\n"
         "Give ca.pem to the other parties, and tell them the fingerprint by another way (a call), so that "
         "they know it is yours.\n"
         "Keep ca.key offline, and a copy of it locked away: who has it can speak for everybody of this CA. "
         "No daemon needs it.\n\n"
         "Next: paictl pki issue --dir " +
         printable(folder, 400) + " --name node-a --san node-a.bank.example\n";
}

std::string words_for_issued(const pki::Issued& issued, const Paths& made) {
  return "made a certificate for " + names_text(issued.names) + ", which holds until " +
         pki::day_text(issued.not_after) +
         "\n"
         "  " +
         made.certificate + "   " + issued.fingerprint +
         "\n"
         "  " +
         made.key + "   its private key (mode 0600)\n" + shortened_note(issued) + unnamed_note(issued.names) +
         "\nBring both to its machine over a channel that you trust, then delete the key here. "
         "(`paictl pki request` makes the key over there, so that it never travels.)\n\n" +
         tls_block(issued.names.common_name) + "\n" + told_to_others(issued);
}

std::string words_for_request(const pki::Names& names, const std::string& request, const std::string& key) {
  return "made a key and a request for " + names_text(names) +
         "\n"
         "  " +
         request +
         "   the request: nothing in it is secret\n"
         "  " +
         key + "   the private key (mode 0600); it stays here\n" + unnamed_note(names) +
         "\nSend the request to whoever keeps the CA, who runs `paictl pki sign`, and put the certificate "
         "that comes back beside the key as " +
         names.common_name + ".pem.\n\n" + tls_block(names.common_name);
}

std::string words_for_signed(const pki::Issued& issued, const std::vector<std::string>& left_out,
                             const std::string& certificate) {
  std::string text = "asked for: " + issued.names.common_name + "; " + names_text(issued.names) + "\n";
  if (!left_out.empty()) text += "asked for and left out: " + joined(left_out) + "\n";
  return text + "signed, holds until " + pki::day_text(issued.not_after) +
         "\n"
         "  " +
         certificate + "   " + issued.fingerprint + "\n" + shortened_note(issued) +
         unnamed_note(issued.names) +
         "\nSend it back to the sender of the request; nothing in it is secret. If the names are not the "
         "sender's, delete it.\n\n" +
         told_to_others(issued);
}

std::string words_for_renewed(const pki::Issued& issued, const std::string& certificate,
                              const std::string& old) {
  std::string text = "renewed the certificate of " + names_text(issued.names) + ", which holds until " +
                     pki::day_text(issued.not_after) +
                     "\n"
                     "  " +
                     certificate + "   " + issued.fingerprint + "\n";
  if (!old.empty()) text += "  " + old + "   the one before\n";
  return text + shortened_note(issued) +
         "\nPut it in the place of the old one on the daemon's machine, whose key stays, and reload: "
         "`systemctl reload pai-node` (or pai-master).\n"
         "Whoever pinned the old fingerprint needs the new one.\n";
}

std::string words_for_bundle(const pki::Bundle& bundle, const std::string& file) {
  std::string text = "made a bundle of " + std::to_string(bundle.members.size()) +
                     (bundle.members.size() == 1 ? " CA\n" : " CAs\n") + "  " + file + "\n";
  for (const auto& one : bundle.members) {
    text += "    " + one.fingerprint + "   " + one.name + ", until " + pki::day_text(one.not_after) + "\n";
  }
  for (const auto& note : bundle.notes) text += "note: " + note + "\n";
  return text +
         "\nWhoever is certified by one of them will be believed. Compare each fingerprint with what its "
         "owner told you.\n"
         "Each of them can vouch for any name, so pin by fingerprint (`paictl pki show`) whom it matters to "
         "tell apart.\n\n"
         "  [tls]\n  trusted = \"/etc/pai/trusted.pem\"      # this file, on the daemon's machine\n";
}

}  // namespace pai::ctl
