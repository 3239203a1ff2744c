"""The words and patterns behind the signs: general habits of English news pages."""

from __future__ import annotations

import re


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_I = re.IGNORECASE
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
#: "PARIS, March 3 (Wire) - ", "LONDON (AP) — ", "Rome, 3 May 2025 – " before a sentence.
WIRE_DATELINE = re.compile(
    r"(?P<place>[^\W\d_][\w.'’]*(?:[-\s,/]{1,2}(?!" + _MONTH + r"\b)[A-Z][\w.'’]*){0,5})"
    r"(?P<date>,?\s+(?:" + _MONTH + r"\.?\s+\d{1,2}|\d{1,2}\s+" + _MONTH + r")\b\.?"
    r"(?:,?\s+\d{4})?)?"
    r"(?P<agency>\s*\([A-Z][^()\n]{1,30}\))?"
    r"(?:\s*(?:--|[-–—:])\s+|(?<=[A-Z]{3})\.\s+|(?<=\))\s*[-–—]|(?<=\))\s+)(?=[\"“‘'«„A-Z])"
)

STAMP = re.compile(
    r"(?:(?:updated|posted|published|at)\s+)?"
    r"(?:\d{1,2}[:.]\d{2}(?:\s*[ap]\.?m\.?)?(?:\s+[A-Z]{2,4})?"
    r"|\d{1,2}\s*[ap]\.?m\.?(?:\s+[A-Z]{2,4})?"
    r"|\d+\s*(?:s|m|h|d|sec|min|mins|minutes?|hrs?|hours?|days?|weeks?|months?|years?)\s+ago"
    r"|\d+\s*min(?:ute)?s?\s+read|just now)",
    _I,
)
COMMENTS = re.compile(
    r"(?:view |show |read |see |all |hide |load )?(?:\d+ |the )?(?:reader |user |latest )?"
    r"comments?(?: section)?(?:\s*\(?\d+\)?)?"
    r"|(?:leave|post|add|write) a (?:comment|reply)|join the (?:conversation|discussion)"
    r"|have your say|what do you think",
    _I,
)
SECTION = re.compile(
    r"(?:related|recommended|suggested|similar|associated)"
    r"(?: (?:articles?|stor(?:y|ies)|news|content|topics?|coverage|links?|posts?|reading|videos?"
    r"|for you|from .{1,30}))*"
    r"|(?:read|see|learn|discover|find out|watch) (?:more|also|next)(?: (?:stories|news"
    r"|on (?:this|the) .{1,30}|from .{1,30}|about .{1,30}|here))?|also read|read this next"
    r"|what to read next|keep reading"
    r"|(?:more|other|further|all|recent|latest|top|breaking|popular|trending|featured|today'?s?)"
    r" (?:top )?(?:news|stor(?:y|ies)|headlines|posts?|articles?|reading|coverage|videos?)"
    r"(?: (?:now|today|(?:in|from|on|about) .{1,30}))?"
    r"|more (?:like this|(?:in|from|on|about) .{1,40})"
    r"|most (?:read|popular|viewed|shared|commented|watched|recent)(?: .{1,20})?"
    r"|you (?:may|might|could) (?:also )?(?:like|be interested in|have missed|enjoy)(?: .{1,20})?"
    r"|trending(?: now| topics| today)?|popular(?: now)?|latest|headlines"
    r"|editor[’']?s[’']? (?:picks?|choice)|don[’']?t miss(?: it| this)?|must[- ]reads?"
    r"|in other news|elsewhere(?: on .{1,30})?|next (?:story|article|post|up)"
    r"|previous (?:story|article|post)|up next|around the web|sponsored(?: .{1,20})?"
    r"|promoted(?: .{1,20})?|paid content|from (?:our|the) (?:partners?|archives?|web)"
    r"|also (?:on|in|from) .{1,30}|explore more|stories for you|share (?:your )?comments?",
    _I,
)
HEADING = re.compile(
    r"(?:background|context|timeline|analysis|details|reactions?|history|what we know"
    r"|what(?:'|’)?s next|what happened|key (?:points|facts)|at a glance|(?:the )?bottom line"
    r"|why it matters|in brief|summary|highlights|conclusion|q ?& ?a)(?: so far)?",
    _I,
)
_CREDIT = (
    r"(?:photo(?:graph)?s?|pictures?|images?|file (?:photo|picture|image)|stock (?:photo|image)"
    r"|illustration|screenshot|video|graphic|foto|credit|photo credit|image credit"
    r"|picture credit|image source|photo source|handout)"
)
CAPTION_START = re.compile(
    rf"\W*(?i:image (?:caption|source|credit)\b|{_CREDIT}(?: (?:by|from|courtesy(?: of)?|source"
    rf"|credit))?\s*[:/|©]"
    r"|caption\s*:|(?:pictured|above|below|left|right|file)\s*:|file photo\b)"
    rf"|\W*(?i:{_CREDIT} (?:by|courtesy of)) [A-Z][^.]{{1,50}}$|\W*FILE (?:PHOTO|-|–|—)"
)
_AGENCY = r"(?:AFP|AP|EPA(?:-EFE)?|PA|EFE|DPA|ANSA|TASS|Reuters|REUTERS|Xinhua|AAP|Rex)"
_BANK = (
    r"(?:Getty Images|AP Photo|Shutterstock|iStock|Alamy|Unsplash|Pexels|Wikimedia Commons"
    r"|PA Wire|PA Media|PA Images)"
)
CAPTION_END = re.compile(
    rf"(?:^|[.,;|(\[/–—-]\s*)(?i:{_CREDIT}(?:\s*(?:by|courtesy of|courtesy|from))?)\s*[:/©]"
    r"\s*[^.:;]{2,60}[)\]]?\.?$"
    rf"|(?:^|[.,;|(\[/–—-]\s*)(?i:{_CREDIT} (?:by|courtesy of)) [A-Z][^.:;]{{1,60}}[)\]]?\.?$"
    rf"|[(\[](?:[^()\[\]]{{0,60}}(?:Photo\b|{_BANK}|[Hh]andout|/\s?{_AGENCY}\b)[^()\[\]]{{0,40}}"
    rf"|{_AGENCY}\s?/[^()]{{2,40}})[)\]]\.?$"
    rf"|(?:[.|/–—:©-]\s*|\bvia )(?:[A-Z][\w.'’-]+ ){{0,3}}/?(?:{_AGENCY}/|via )?{_BANK}"
    r"(?:\s*/\s*[\w.'’ -]{1,40})?\.?$"
    rf"|[.!?”\"]\s+(?:[A-Z][\w.'’-]+ ){{1,4}}?/\s?{_AGENCY}\.?$|[.!?]\s+{_AGENCY}/[A-Z][\w .'’-]+$"
    r"|(?:\(|\[)\s*(?:[Ff]ile(?: (?:photo|picture|image))?|[Pp]ictured|[Hh]andout"
    r"|[Ss]tock(?: photo| image)?)[)\]]\.?$"
    r"|\b(?:[Ff]ile|[Ss]tock|[Aa]rchive|[Hh]andout) (?:photo|picture|image)\.?$"
    r"|[(\[](?:[Ss]ubmitted|[Ss]upplied|[Pp]rovided|[Cc]ontributed"
    r"|[Cc]ourtesy)\b[^()]{0,50}[)\]]\.?$"
)
#: Each ending of a caption has one of these, whatever its case.
CAPTION_MARKS = (
    ":", "/", "©", "(", "[", "photo", "foto", "picture", "image", "illustration", "screenshot",
    "video", "graphic", "credit", "handout", "stock", "alamy", "unsplash", "pexels", "wikimedia",
    "pa wire", "pa media",
)  # fmt: skip
_NAME = r"[^\W\d_a-z][^\s,|;:!?]*"
_ROLE = (
    r"(?:[\w'’ -]{0,40}?(?:correspondent|reporter|editor|writer|staff|journalist|columnist|desk"
    r"|agency|agencies|bureau|team|contributor|newsroom|wires?|news)(?: (?:in|at|for) .{1,40})?)"
)
BYLINE = re.compile(
    rf"(?:(?i:written |reported |posted |published |words |story |report |text |edited )?"
    rf"(?:by|By|BY)\s*:?\s+(?:(?:the|our) )?{_NAME}(?:\s+(?:{_NAME}|de|la|van|von|der|bin|al"
    rf"|and|&)|\s*,\s*{_NAME}){{0,9}}(?:\s*[,|·•–—-]\s*{_ROLE})?(?:\s+in\s+(?:{_NAME}\s*){{1,3}})?"
    rf"|(?:{_NAME}\s+){{1,3}}{_NAME}\s*[,|·•–—-]\s*{_ROLE}"
    r"|(?i:(?:additional |extra )?(?:reporting|writing|editing|translated|compiled) by)\s.{2,120}"
    rf"|(?i:our|staff|special|by our|by a|from our) (?:\w+ )?(?i:reporter|correspondent|writer)s?"
    rf"|(?i:author|writer|reporter|editor|words|text)s?\s*:\s*(?:{_NAME}\s*,?\s*){{1,6}})\.?"
)
_MEDIA = (
    r"(?:facebook|twitter|whats\s?app|telegram|linkedin|reddit|pinterest|x|e-?mail|instagram"
    r"|tiktok|threads|bluesky|messenger|copy(?: the)? link|print|youtube|flipboard|viber"
    r"|google news|rss)"
)
FURNITURE_START = re.compile(
    r"(?:advertisements?|ads?|sponsored(?: content)?|promoted|paid post)\W*(?:\d+)?$"
    r"|(?:article|story|post|content|report) continues (?:below|after)"
    r"|(?:continue|skip|scroll|jump) (?:reading|to|down)\b.{0,60}$"
    r"|back to (?:top|home|homepage|main|all|news|results)\b.{0,20}$"
    r"|share(?:\s*(?:this|on|via|article|story|post|page|:|\||-).{0,60})?$"
    rf"|(?:(?:share|follow|like|tweet|pin|send|copy|{_MEDIA})\W{{0,3}}\s*){{1,12}}$"
    r"|(?:tweet|pin it|save|bookmark|listen|print|listen to (?:this )?(?:article|story)"
    r"|play video|watch(?: live| video)?|loading|menu|search|sign in|log ?in|register|close"
    r"|subscribe|donate|account|home|comment|reply|report|like|dislike|view all|see all|show more"
    r"|load more|click here|read more|advert)\W*$"
    r"|(?:read(?: more| also| next)?|also read|see also|related(?: \w+)?|more(?: on this)?|watch"
    r"|listen(?: to)?|don[’']t miss|recommended|must[- ]read|in pictures)"
    r"\s*(?::|\||>|»|→)\s*\S"
    r"|(?:read|see) (?:more|also) (?:about|on|at|here|stories|from)\b.{0,80}$"
    r"|sign[- ]?up (?:for|to|now|here|today)\b|sign up\W*$"
    r"|subscribe (?:to|now|today|here|for|and)\b|(?:already|not yet) a (?:subscriber|member)"
    r"|get (?:the|our|all the) .{0,60}(?:newsletter|inbox|app|briefing|headlines|alerts?)\b"
    r"|(?:our |the |daily |weekly |free )*newsletters?\W*$|enter your e-?mail"
    r"|(?:please |kindly )?(?:support|help|join|follow|like|contact|donate to) "
    r"(?:us\b|@\w|(?:our|independent|quality) (?:\w+ ){0,2}(?:journalism|work|newsroom|channel"
    r"|page|site|reporting|team|group|newsletter|community|media)\b)"
    r"|support (?:\w+ ){1,3}(?:or|and) (?:become|join|donate)\b"
    r"|(?:join|follow|like|find) .{0,40}\b(?:on|channel|group|page)\b.{0,30}"
    r"\b(?:whats\s?app|telegram|facebook|twitter|x|instagram|youtube|linkedin|google news)\b"
    r"|join .{0,40}\b(?:whats\s?app|telegram|viber|discord)\b.{0,20}$"
    r"|become (?:a|our) (?:member|patron|subscriber|supporter|friend)\b"
    r"|if you (?:enjoy|enjoyed|like|liked|value|appreciate|found) .{0,60}"
    r"(?:article|journalism|story|work|reporting|content|post)\b"
    r"|(?:independent |quality |good "
    r"|our )?journalism (?:like this )?(?:costs|needs"
    r"|depends|matters)\b"
    r"|(?:reach|contact|email|e-mail|follow|write to) (?:her|him|them|us|the (?:author|newsroom"
    r"|reporter"
    r"|editor|writer)) (?:at|on|by|via)\b|(?:we|this (?:web)?site|our site) (?:may|might"
    r"|could) (?:earn|receive"
    r"|get)\b|(?:if you .{0,60})?forward (?:it|this) to (?:a friend|someone)"
    r"|your (?:support|donation|contribution|subscription|e-?mail|privacy|cookie)\b"
    r"|thank you for (?:reading|registering|subscribing|your support|visiting)"
    r"|you(?:[’']ve| have)? (?:have|read|used|reached)\b.{0,30}\b(?:free|complimentary|remaining)"
    r" (?:articles?|stories|story|views?)\b"
    r"|dear readers?\b|(?:we|this (?:web)?site|our (?:web)?site|our partners) uses? .{0,40}cookies"
    r"|we and our (?:\d+ )?partners|by (?:continuing|using|clicking|browsing|subscribing|signing)"
    r" .{0,80}\byou (?:agree|accept|consent|are)\b|(?:accept|reject|manage|allow) .{0,20}"
    r"(?:cookies|all|consent|preferences|settings)\W*$|cookie (?:policy|settings|notice)"
    r"|(?:privacy|terms)(?: (?:policy|notice|of (?:use|service)|and conditions|& conditions))+"
    r"|copyright(?:\s*(?:©|\(c\)|:|\d{4})|$)|©|\(c\) ?\d{4}|all rights reserved|all content ©"
    r"|(?:tags?|topics?|subjects?|keywords?|categor(?:y|ies)|filed under|posted in|labels?"
    r"|in this (?:article|story)|hashtags?|sections?)\s*:"
    r"|(?:tags|topics)\W*$|(?:got|have|do you have) a (?:news )?(?:tip|story|question|comment)\b"
    r"|(?:download|install|get|try|use) (?:the|our) (?:free )?(?:\w+ )?app\b"
    r"|(?:(?:original|source|article|permanent|short)\s+)?(?:url|link|permalink)\s*(?::|$)"
    r"|(?:source|via|original|read at)\s*:?\s*<?(?:https?://|www\.)\S+$"
    r"|(?:read|view) (?:the )?(?:full|original|entire|whole) (?:story|article|report|post|version)"
    r".{0,50}$|please (?:enable|turn on|disable|log in|sign in|register|subscribe|read our|wait)\b"
    r"|(?:enable|turn on) javascript|(?:all|view all|more) (?:news|sections|stories|topics)\W*$"
    r"|(?:opens|open) in (?:a )?new (?:window|tab)|(?:font|text) size\b"
    r"|\d+ (?:shares?|views?|likes?)$|our standards\b"
    r"|this (?:article|story|content|post) (?:was|is|has been) (?:\w+ )?"
    r"(?:provided|produced|generated|translated|syndicated|republished|sponsored|written|published"
    r"|available|reproduced|protected|auto-?generated|automatically)\b"
    r"|(?:the )?(?:views|opinions) expressed\b|(?:breaking news )?alerts?\W*$"
    r"|reproduction .{0,60}(?:prohibited|permission)|(?:about|contact) (?:us|the author)\W*$"
    r"|note to (?:readers|editors)\b|editor[’']s? note\s*:"
    r"|(?:prefer|make) .{0,40}(?:preferred source|on google)|add .{0,40}preferred source"
    r"|quick (?:read|links?)\b.{0,20}$|(?:international|english|us|uk|global|world) edition\W*$"
    r"|listen \d|\d+ min(?:ute)?s? (?:read|listen)|reading time\b|estimated reading",
    _I,
)
FURNITURE_AMID = re.compile(
    r".{0,120}\bplease (?:consider|think about) (?:becoming|making|supporting|subscribing|donating"
    r"|joining|signing)\b|[^.]{3,80} contributed to this (?:report|story|article)",
    _I,
)
#: Each of these has one of these. No letter here has another form that matches it, as i, k and
#: s have.
FURNITURE_AMID_MARKS = ("plea", "buted to")
FURNITURE_END = re.compile(
    r"(?:all rights reserved|powered by \S+(?: \S+)?|privacy policy|terms of (?:use|service)"
    r"|\d+ min(?:ute)?s? read|contributed to this (?:report|story|article)"
    r"|cookie policy|(?:our|free|daily|weekly|the) newsletter|opens in (?:a )?new (?:tab|window)"
    r"|click here(?: to \w+)?)\W*$",
    _I,
)
#: Each of these endings has one of these words.
FURNITURE_MARKS = (
    "reserved", "powered", "policy", "terms", "read", "contributed", "newsletter", "window", "tab",
    "click",
)  # fmt: skip
PLEA = re.compile(
    r"\b(?:subscribe|sign(?:ing)? up|forward (?:it|this)|donat(?:e|ion)|become a (?:member|patron"
    r"|subscriber|supporter)|support (?:us|our)|newsletter|follow us|join us|click|download|inbox"
    r"|e-?mail us|contact us|get in touch|let us know|write to us|tell us|share (?:this|it) with"
    r"|free trial|whatsapp|telegram channel|our app|cookies|unsubscribe)\b",
    _I,
)
READER = re.compile(r"\b(?:you|your|us|our|here)\b", _I)
BIO = re.compile(
    rf"(?:{_NAME} ){{2,4}}covers [^.]{{3,60}}\.?|"
    rf"(?:{_NAME} ){{1,4}}(?:is|was|has been|covers|writes|reports|joined) "
    r"(?:(?:an?|the|our|based|about|on|for|from)\b.{0,80}?)?"
    r"\b(?:reporter|correspondent|journalist|editor|columnist|writer|author|freelancer"
    r"|producer|covering|contributor)\b(?: (?:at|for|who|based|with|in|on|of|covering)\b.{0,200})?"
    r"[.!]?$"
)
URL = re.compile(r"<?(?:https?://|www\.)\S+>?/?")
SECTION_NAMES = _words(
    "home news world business sport sports politics opinion culture technology tech science"
    " health travel weather video videos live menu search contact about newsletters podcasts"
    " lifestyle entertainment arts money economy markets finance local national international"
    " us uk eu europe asia africa americas middle-east australia middle east education"
    " environment climate society features analysis magazine photos gallery more shop jobs"
    " puzzles crosswords games food fashion style cars property obituaries letters editorial"
    " comment football cricket tennis golf rugby sections subscribe login sign in log up"
    " register help donate support today latest trending breaking radio tv audio community"
    " events classifieds advertise archive war history innovation future earth"
)
LANGUAGES = _words(
    "english russian french german spanish arabic chinese ukrainian polish italian portuguese"
    " turkish eng rus ukr fra deu esp en fr de es it pt ru uk pl tr ar zh ja ko nl sv ro hu cs"
    " укр рус русский українська français deutsch español português italiano polski türkçe"
    " العربية 中文 日本語 한국어 nederlands svenska română magyar čeština العربی हिन्दी"
)
MENU_WORD = re.compile(r"[^\s|>›»/·•,&]+")
MAY_HOLD_DATE = re.compile(rf"\d|{_MONTH}|today|yesterday", _I)
#: The mark between day and hour in "2024-06-17T14:44:00Z".
TIMESTAMP = re.compile(r"(?<=\d-\d\d)T(?=\d\d:\d\d)")
CLOCK = re.compile(
    r"\b\d{1,2}[:.]\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?|\b\d{1,2}\s*[ap]\.?m\b\.?"
    r"|\b(?:GMT|UTC|BST|CET|CEST|EST|EDT|ET|PST|PDT|PT|IST|AEST|AEDT|MSK|EET|EEST|JST|KST|HKT|SGT"
    r"|WAT|EAT|SAST|NZST|NZDT|CST|CDT|MST|MDT|Z)\b(?:\s*[+-]\d{1,2}(?::?\d{2})?)?"
    r"|\b\d+\s*min(?:ute)?s?(?:\s+read)?\b|\b\d+\s+(?:hours?|days?|weeks?)\s+ago\b",
    _I,
)
DATE_LABEL = re.compile(
    r"\breading time\b|\b(?:first |originally |last |date )?(?:published|posted|updated|modified"
    r"|created|released"
    r"|edited|issued|revised|added|reported)(?: on| at| in)?\b|\b(?:date|publication date|time"
    r"|last update|update|as of)\b|\bat\b|\bon\b"
    r"|\bthis (?:article|story) (?:was|is)\b|\blocal time\b",
    _I,
)
PUBLISHED = re.compile(r"\b(?:publi(?:shed|cation)|posted|issued|released)\b", _I)
UPDATED = re.compile(r"\b(?:updated?|modified|edited|revised)\b", _I)
ANY_WORD = re.compile(r"[^\W\d_][\w'’.-]*")
SMALL = frozenset(("by", "and", "of", "the", "in", "for", "de", "van", "von", "read", "min"))
LONG_WORD = re.compile(r"[^\W_][\w'’-]{3,}")
SENTENCE_END = re.compile(r"[.!?…][\"”’'»)\]]*$")
