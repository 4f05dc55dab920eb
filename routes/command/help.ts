import type { Command } from "../command.ts";
import { versionLine } from "./version.ts";

const INTRODUCTION =
  `Outpost: the DICOM server for the box beside the scanner. It stores what scanners send,
answers queries, shows pictures and passes images on, with Orthanc's REST API and options.`;

const CONFIGURATION = `Configuration
  CONFIG is a JSON file with comments, or a folder of them, with Orthanc's options. Without one
  the server starts with defaults: http://127.0.0.1:8042, DICOM on port 4242, data in
  ./OrthancStorage, HTTP for this machine only. Every option is also a flag (--http-port 8043)
  and a variable (OUTPOST_HTTP_PORT=8043); flags come before variables, variables before files.

  {
    "Name": "Box 7",
    "StorageDirectory": "/var/lib/outpost",
    "RemoteAccessAllowed": true,
    "RegisteredUsers": { "alice": "$scrypt$…" },     // outpost hash-password
    "DicomModalities": { "ct": ["CT1", "10.0.0.5", 104] }
  }`;

const SIGNALS = `Signals
  SIGTERM, SIGINT   stop: what is in hand has 8 seconds to end
  SIGHUP            read the configuration again; a wrong one is reported, and the old one stays

Output
  Results go to standard output; logs, warnings and failures to standard error, one line each.
  Exit codes: 0 success, 1 failure, 2 wrong usage.`;

const EXAMPLES = `Examples
  outpost check /etc/outpost            is the configuration right?
  outpost /etc/outpost                  run the server
  outpost echo PACS@10.0.0.2:104        is the archive there, and does it know this AE title?
  outpost send exam/ PACS@10.0.0.2:104  send a folder of files
  outpost import /media/usb             store a folder of files in the server on this machine`;

/** What `outpost --help` says. */
export function helpText(commands: readonly Command[]): string {
  const usages = [...commands, HELP, VERSION].flatMap(({ usage, summary }) => [
    `  outpost ${usage}`,
    `      ${summary}`,
  ]);
  const parts = [
    INTRODUCTION,
    ["Commands", ...usages].join("\n"),
    CONFIGURATION,
    SIGNALS,
    EXAMPLES,
  ];
  return [...parts, versionLine()].join("\n\n");
}

const HELP = { usage: "[COMMAND] --help", summary: "Print this, or how to call a command" };
const VERSION = { usage: "--version", summary: "Print the version" };
