// The policies of the demo's help desk. Several say nearly the same of different things, and
// some say the opposite of each other for different people: a search by meaning must not mix
// them up.
const policy = (id, title, text) => ({ id, title, text });

export const policies = [
  policy('P-01', 'Password length', 'Passwords have at least 14 characters. They do not expire unless they are known to have leaked.'),
  policy('P-02', 'Password reset', 'Employees reset their own password at the portal. The help desk resets it only after a call back to the number in the directory.'),
  policy('P-03', 'Password managers', 'Use the company password manager for every work account. Browser password stores are switched off.'),
  policy('P-04', 'Multi-factor sign-in', 'Every sign-in from outside the offices needs a second factor: a security key or the authenticator. Text messages are not accepted.'),
  policy('P-05', 'Lost second factor', 'Report a lost security key within one hour. The help desk issues a code that works for one day after seeing a photo identity card.'),
  policy('P-06', 'Account lockout', 'An account locks after ten failed attempts and opens again by itself after thirty minutes.'),
  policy('P-07', 'VPN for employees', 'Employees use the VPN from any network that is not an office. Sessions end after twelve hours and must be signed in again.'),
  policy('P-08', 'VPN for contractors', 'Contractors use the VPN from the devices named in their contract only. Sessions end after one hour and must be signed in again.'),
  policy('P-09', 'Guest wireless network', 'Visitors use the guest network. It reaches the internet and nothing else, and a pass is valid for one day.'),
  policy('P-10', 'Office wireless network', 'Company devices join the office network with their certificate. Private phones use the guest network.'),
  policy('P-11', 'Laptop replacement', 'Laptops are replaced after four years, or sooner when repair costs more than half of a new one.'),
  policy('P-12', 'Phone replacement', 'Company phones are replaced after three years. Broken glass is repaired once a year without charge.'),
  policy('P-13', 'Private devices', 'Mail and calendar may be read on private phones that are enrolled. Customer data must not be kept on private devices.'),
  policy('P-14', 'Lost or stolen devices', 'Report a lost or stolen device at once, at any hour. It is locked and wiped within fifteen minutes of the call.'),
  policy('P-15', 'Disk encryption', 'The disk of every laptop is encrypted. The recovery key is kept by the help desk and handed out after a call back.'),
  policy('P-16', 'Software installation', 'Software from the catalogue installs without asking. Anything else needs a ticket with the name, the vendor and the reason.'),
  policy('P-17', 'Administrator rights', 'Nobody works with administrator rights. Rights for one hour are given by ticket, and every command is logged.'),
  policy('P-18', 'Updates', 'Updates install at night and restart the device after three postponements. Critical updates restart it within one day.'),
  policy('P-19', 'Printers', 'Print jobs wait at any printer for a badge and are deleted after one day. Call the help desk for paper jams.'),
  policy('P-20', 'Shared mailboxes', 'A shared mailbox has one owner, who decides who reads it. It is reviewed every six months.'),
  policy('P-21', 'External forwarding', 'Mail is not forwarded automatically to outside addresses. Exceptions are decided by the security team.'),
  policy('P-22', 'Phishing', 'Report a suspicious message with the button in the mail program. Do not answer it and do not delete it.'),
  policy('P-23', 'Customer data in tickets', 'Card numbers, passwords and identity documents do not belong in tickets. The help desk removes them and tells the sender.'),
  policy('P-24', 'Backups', 'Files in the company drive are kept for ninety days after deletion. Local folders are not backed up.'),
  policy('P-25', 'Restoring files', 'Employees restore their own files from the drive for ninety days. Later restores need a ticket from the owner of the folder.'),
  policy('P-26', 'Meeting rooms', 'Rooms are released when nobody checks in within ten minutes. Report broken equipment with the number on the door.'),
  policy('P-27', 'Leaving the company', 'Accounts close at the end of the last working day. The manager receives the files, not the mailbox.'),
  policy('P-28', 'Travel to other countries', 'Tell the help desk a week before travel. Sign-in from countries on the list is blocked without notice.'),
  policy('P-29', 'Artificial intelligence tools', 'Assistants reach company systems through the gateway only. They act with the rights of the agent, never with those of a person.'),
  policy('P-30', 'Response times', 'High priority tickets are answered within one hour, normal ones within one day, low ones within three days.'),
];
