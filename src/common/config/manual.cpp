#include <cctype>

#include "common/config/help.h"
#include "common/config/value.h"

namespace pai::config {
namespace {

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((out.empty() || out.back() == '\n') && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string heading(const std::string& name, char section, std::string_view help) {
  std::string title;
  for (const char c : name) title += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return ".\\\" Made by --manual from the declaration of the settings.\n.TH " + roff(title) + " " + section + " \"\" \"PAI " + roff(version()) + "\" \"PAI\"\n.SH NAME\n" +
         roff(name) + " \\- " + roff(help) + "\n";
}

std::string entry(const std::string& name, std::string_view value, const std::string& text) {
  return ".TP\n\\fB" + roff(name) + "\\fR" + (value.empty() ? "" : " \\fI" + roff(value) + "\\fR") + "\n" + roff(text) + "\n";
}

/// A sentence begins small within another one.
std::string inside(std::string_view sentence) {
  std::string text(sentence.substr(0, sentence.ends_with('.') ? sentence.size() - 1 : sentence.size()));
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

std::string manual_of_program(const Declaration& declaration) {
  std::string text = heading(declaration.program, '8', inside(declaration.summary)) + ".SH SYNOPSIS\n\\fB" + roff(declaration.program) + "\\fR [\\fB\\-\\-config\\fR \\fIFILE\\fR]";
  for (const auto& setting : declaration.settings) {
    if (setting.required) text += " \\fB" + roff(flag_of(setting.name)) + "\\fR \\fI" + roff(placeholder(setting.kind)) + "\\fR";
  }
  text += " [flags]\n.SH OPTIONS\nEach setting of the file is a flag, too, and flags win.\n";
  text += entry("--config", "FILE", "Settings from a TOML file: " + declaration.program + ".toml(5).");
  text += entry("--check-config", "", "Check flags and file, report every fault, and exit.");
  text += entry("--manual", "SECTION", "Print this page (8) or that of the file (5), and exit.");
  text += entry("--version", "", "Print the version and exit.");
  text += entry("--help", "", "Print the flags and exit.");
  for (const auto& setting : declaration.settings) text += entry(flag_of(setting.name), placeholder(setting.kind), setting.help + remarks_of(setting));
  return text +
         ".SH SIGNALS\n.TP\n.B SIGHUP\nReads level and file of the log, certificates and lists of people again.\n.TP\n.B SIGTERM\nFinishes the requests under way, then ends with 0.\n"
         ".SH EXIT STATUS\n0 after SIGTERM, 1 when it cannot start: one line says why.\n"
         ".SH FILES\n.TP\n.I /etc/pai/" + roff(declaration.program) + ".toml\nIts settings, where the package or the unit of systemd starts it.\n.TP\n.I /var/lib/" +
         roff(declaration.program) + "\nIts state.\n.SH SEE ALSO\n.BR " + roff(declaration.program) + ".toml (5),\n.BR paictl (1)\n";
}

std::string manual_of_file(const Declaration& declaration) {
  std::string text = heading(declaration.program + ".toml", '5', "settings of " + declaration.program) +
                     ".SH DESCRIPTION\nA TOML file. Dots in a name are tables: \\fBtls.certificate\\fR is \\fBcertificate\\fR below \\fB[tls]\\fR.\nEvery fault of the file is "
                     "reported at once:\n.PP\n.RS 4\n.nf\n" + roff(declaration.program + " --check-config --config /etc/pai/" + declaration.program + ".toml") + "\n.fi\n.RE\n.SH SETTINGS\n";
  for (const auto& setting : declaration.settings) text += entry(setting.name, placeholder(setting.kind), setting.help + remarks_of(setting));
  for (const auto& list : declaration.tables) {
    text += ".SS [[" + roff(list.name) + "]]\n" + roff(list.help) + "\n";
    for (const auto& column : list.columns) text += entry(column.name, placeholder(column.kind), column.help + remarks_of(column));
  }
  return text + ".SH SEE ALSO\n.BR " + roff(declaration.program) + " (8)\n";
}

}  // namespace pai::config
