"""Words of saying, and words that tell a stance. General English, all lower case."""

from __future__ import annotations

from summarizer.engines.extractive.lists import phrase_set, word_set

#: Past and present forms that report words, without any stance of their own.
NEUTRAL_VERBS = word_set(
    "said says say told tells added adds stated states announced announces confirmed confirms"
    " noted notes explained explains insisted insists argued argues acknowledged acknowledges"
    " admitted admits conceded concedes replied replies responded responds answered wrote writes"
    " tweeted posted stressed stresses emphasised emphasized recalled recalls described describes"
    " claimed claims suggested suggests maintained maintains asserted asserts cautioned cautions"
    " joked jokes remarked remarks observed observes commented comments concluded concludes"
    " reiterated repeated repeats asked asks predicted predicts expects hoped hopes believes"
    " thinks reckons figures estimates estimated declared declares promised promises pledged"
    " pledges vowed vows assured reassured testified recounted continued continues pointed"
    " reported reports shouted called calls signalled signaled indicated indicates considers"
    " speaks spoke declined declines refused refuses affirmed affirms contended contends alleged"
    " alleges revealed reveals disclosed hinted hints countered retorted quipped mused boasted"
    " exclaimed reckoned credited credits lamented apologised apologises apologized apologizes"
    " clarified warned warns wondered wonders wants wanted went"
)
SUPPORTIVE_VERBS = word_set(
    "welcomed welcomes praised praises hailed hails applauded applauds backed backs endorsed"
    " endorses supported supports thanked thanks congratulated congratulates lauded lauds"
    " commended commends saluted salutes cheered cheers celebrated celebrates defended defends"
    " approved approves paid"
)
CRITICAL_VERBS = word_set(
    "condemned condemns criticised criticises criticized criticizes denounced denounces slammed"
    " slams blasted blasts attacked attacks rejected rejects accused accuses blamed blames"
    " complained complains protested protests deplored deplores decried decries lambasted lambasts"
    " questioned questions opposed opposes objected objects disputed disputes regretted regrets"
    " lamented laments mocked mocks rebuked rebukes doubted doubts dismissed dismisses challenged"
    " challenges hit scolded derided derides ridiculed fumed denied denies"
)
URGING_VERBS = word_set(
    "urged urges demanded demands appealed appeals pleaded pleads implored begged called proposed"
    " proposes recommended recommends advised advises asked"
)
SPEECH_VERBS = NEUTRAL_VERBS | SUPPORTIVE_VERBS | CRITICAL_VERBS | URGING_VERBS
#: These report speech only with words in quotation marks or "that" after them.
WEAK_VERBS = word_set(
    "reported reports estimates estimated called calls went paid hit asked asks continued"
    " continues pointed attacked attacks wants wanted posted figures expects hoped believes"
    " declared declares described describes recalled recalls approved approves backed backs"
    " supported supports defended defends celebrated celebrates signalled indicated indicates"
    " spoke speaks considers challenged challenges answered questioned questions states state"
    " recounted refused refuses declined declines confirmed confirms announced announces say"
    " maintained maintains advised advises recommended recommends proposed proposes urged urges"
    " revealed reveals disclosed credited credits alleged alleges concluded concludes predicted"
    " predicts noted thanked thinks writes wrote observed observes claims claimed notes rejected"
    " rejects protests protested opposes opposed reckons denied denies"
)
#: With these "..., said X" puts the speaker last.
INVERTED_VERBS = word_set(
    "said says added adds explained explains noted notes asked asks wrote writes warned warns"
    " insisted insists recalled argued argues replied stated predicted conceded joked announced"
    " reported reports confirmed observed exclaimed declared affirmed remarked claimed suggested"
)
#: These make news as well as report it: at a sentence's end they attribute it.
ANNOUNCING_VERBS = word_set("announced announces confirmed confirms reported reports declared")
#: Weak verbs that report something also without "that" or a quotation.
PLAIN_VERBS = word_set(
    "wants denied denies rejected rejects opposed opposes protested protests questioned questions"
    " considers believes hoped expects thinks reckons backs backed supports supported approves"
    " approved defended defends claims claimed say says indicated urged urges noted concluded"
    " predicted predicts thanked"
)
#: Speech with one of these says more than a fact: what someone wants, fears or judges.
SUBJECTIVE_WORDS = word_set(
    "would will should must could may might can cannot won't wouldn't shouldn't can't need needs"
    " needed hope hoped hopes fear feared fears want wanted believe believed think thought"
    " unlikely likely probably possibly appears appeared seems seemed suspected suspect because"
    " due caused cause causes blame blamed failure failed responsible fault sorry regret concerned"
    " concern worried proud pleased disappointed shocked saddened devastated angry safe unsafe"
    " dangerous important necessary impossible ready confident committed determined enough too"
    " never wrong right fair unfair better worse best worst great good bad appeal sue"
)
SUPPORTIVE_WORDS = word_set(
    "welcome welcomed welcomes welcoming praise praised praising hail hailed glad pleased happy"
    " delighted delight proud pride relieved relief grateful thankful thank thanks thrilled"
    " excited exciting fantastic wonderful brilliant great excellent historic milestone triumph"
    " victory remarkable outstanding admirable brave courageous heroic hero heroes deserved"
    " deserve successful success breakthrough opportunity progress promising encouraging supports"
    " supported backs endorse endorsed congratulate congratulations congratulated hopeful"
    " optimistic benefit applaud applauded celebrate celebrated inspiring beautiful joy best"
    " solidarity approve approved laudable commendable"
)
CRITICAL_WORDS = word_set(
    "condemn condemned condemns criticise criticised criticize criticized criticism denounce"
    " denounced slam slammed outrage outraged outrageous unacceptable shame shameful disgrace"
    " disgraceful disappointed disappointing disappointment inadequate reckless irresponsible"
    " dangerous unfair unjust wrong mistake failure failed fail failing betrayal betrayed insult"
    " insulting scandal scandalous cynical absurd ridiculous nonsense illegal unlawful"
    " illegitimate violation violations violate aggression atrocities crime crimes corrupt"
    " corruption lie lied lies lying liar cover-up neglect neglected negligence ignored ignore"
    " ignores blame blamed fault reject rejected rejects oppose opposed opposes object objected"
    " objection protest angry anger furious fury appalled appalling horrified horrific worried"
    " worry worries worrying concern concerned concerns alarm alarmed threat threatens harmful"
    " unsafe worse insufficient overdue laughable savage vile bitter chaos waste wasted doubt"
    " doubts sceptical skeptical unhappy regret regrets regrettable lament rubbish joke farce"
    " shambles cruel brutal barbaric heinous cowardly tragic"
)
#: Someone asked and gave no answer: never a stance.
REFUSALS = (
    "declin(?:ed|es) (?:to|requests?|further)"
    "|refus(?:ed|es) to (?:comment|answer|say|speak|discuss)"
    "|(?:did|has|have|had|does|could|would|will)(?: not|n['’]t) "
    "(?:immediately |yet |be )*"
    "(?:respond|reply|return|answer|comment|commenting|be reached|be drawn|say)"
    "|not (?:immediately )?(?:available|reachable) (?:for|to)"
    "|(?:not|n['’]t) (?:wanted|wished|willing|want|wish) to (?:comment|speak|answer)"
    "|no (?:immediate )?(?:comment|reply|response) (?P<from>from) "
    "|nothing (?:more |further )?to add|could not (?:immediately )?be reached|without comment"
)
#: What someone did about the event rather than said: verbs of response.
RESPONSE_ACTIONS = (
    "(?:declared|placed|put|imposed|announced) .{0,60}(?:state of|emergency|mourning|calamity"
    "|curfew|alert)"
    "|(?:ordered|opened|launched|announced|called for|demanded|promised|began) (?:an? |its own )?"
    "(?:\\w+ ){0,2}(?:inquiry|investigation|review|probe|audit|inquest|recount)"
    "|(?:sent|offers?|sends?|expresses|offered|expressed|extended|conveyed) (?:\\w+ ){0,3}"
    "(?:condolences|sympathy|sympathies|congratulations|support|solidarity|concern|regret|help|aid"
    "|assistance|shock|sorrow|sadness|outrage|alarm|gratitude|hope|dismay|disappointment|confidence"
    "|grief)"
    "|(?:summoned|recalled|expelled) (?:\\w+ ){0,4}(?:ambassador|envoy|diplomats?|charg)"
    "|(?:apologi[sz]ed|resigned|stepped down)\\b"
    "|(?:took to the streets|staged a (?:protest|walkout|vigil|rally)|held a vigil)"
)
#: Who passes news on: what they report is no reaction.
MEDIA = phrase_set(
    "Reuters, AFP, AP, Associated Press, Agence France-Presse, Bloomberg, BBC, CNN, ITV, Sky News,"
    " Xinhua, TASS, Interfax, Kyodo, Yonhap, ANSA, EFE, DPA"
)
SUPPORTIVE_PHRASES = (
    "right (?:step|decision|move|call|direction|time|thing)|good (?:news|sign|day|step|decision)"
    "|step forward|important step|look(?:s|ed|ing)? forward|proud of|pay tribute"
)
CRITICAL_PHRASES = (
    "too (?:little|late|early|far|slow|much|soon)|no excuses?|not enough|enough is enough"
    "|nobody (?:listens|listened|came|cares|cared)|cold comfort"
    "|wrong (?:step|decision|move|call|direction)"
    "|short-sighted|step back|not good enough|should (?:never )?have|no justification"
    "|has(?:n['’]t| not) learned|let (?:us|them|people) down"
)
GENERAL_SPEAKERS = phrase_set(
    "source, newspaper, report, agency, officials, police, authorities, witnesses, residents,"
    " sources, media, reports, analysts, experts, people, they, some, many, others, both sides,"
    " local media, state media"
)
