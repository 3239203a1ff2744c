"""Words that the engine knows: general English news vocabulary, of no article in particular.

Lists hold lower-case words. They are closed classes where English has them (determiners,
auxiliaries) and the commonest members where it has not (reporting verbs, titles, groups).
"""

from __future__ import annotations

from summarizer.engines.extractive.lists import word_set

DETERMINERS = word_set(
    "the a an this that these those its his her their our my your some any no every each both"
    " another other several many few all most such much more either neither"
)
PRONOUNS = word_set(
    "he she it they we i you him her them us me himself herself itself themselves who whom which"
    " that this these those one someone anyone everyone nobody everybody nothing there"
)
PREPOSITIONS = word_set(
    "in on at to from by with of for near into onto over under across through around about after"
    " before during since until till against between among along toward towards off outside inside"
    " beyond behind above below beside besides despite amid amidst via without within upon up down"
    " out like unlike per as than aboard throughout"
)
CONJUNCTIONS = word_set(
    "and or but nor so yet if when while because although though unless whereas where whether"
    " once how why what however meanwhile"
)
AUXILIARIES = word_set(
    "is are was were be been being am has have had having do does did will would shall should can"
    " could may might must isn't aren't wasn't weren't hasn't haven't hadn't won't wouldn't don't"
    " doesn't didn't can't couldn't cannot shouldn't"
)
#: Capitalized at the head of a sentence, these are no names.
SENTENCE_OPENERS = (
    DETERMINERS
    | PRONOUNS
    | PREPOSITIONS
    | CONJUNCTIONS
    | AUXILIARIES
    | word_set(
        "not now then here there also still just only even again later earlier soon already"
        " instead perhaps maybe today yesterday tomorrow tonight overnight last next first second"
        " third finally according asked following based given including speaking writing"
        " commenting citing police officials rescuers residents officers firefighters witnesses"
        " protesters soldiers authorities investigators prosecutors lawyers experts scientists"
        " researchers doctors analysts critics supporters opponents campaigners activists"
        " relatives families neighbours neighbors workers staff crews crew people men women"
        " children students teachers parents voters lawmakers ministers leaders shares stocks"
        " prices sales profits oil gold markets schools hospitals roads trains flights rain snow"
        " winds heavy strong thousands hundreds dozens millions tens scores nearly almost about"
        " around roughly some approximately over under least more fewer less half part two three"
        " four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred"
        " thousand million billion yes no well why how what when where who which whose details"
        " source sources background photo picture image read see watch share related update"
        " updated breaking exclusive live opinion analysis comment new old young former late local"
        " national international foreign state federal public private many most several few other"
        " others another unlike like despite because since although though while whereas unless"
        " until before after as if once meanwhile however moreover furthermore additionally"
        " consequently therefore thus hence indeed nevertheless nonetheless otherwise similarly"
        " separately elsewhere previously recently currently eventually afterwards initially"
        " originally nobody everybody everyone someone somebody anyone anybody nothing everything"
        " something customers users drivers passengers tourists visitors fans players owners"
        " members companies firms banks investors shareholders employees unions rivals"
        " meteorologists forecasters judges jurors detectives emergency outside inside back"
        " together work rival early organisers organizers farmers miners fishermen sailors pilots"
        " nurses medics bakers paramedics volunteers campaign giving taking making having being"
        " told let please thank thanks good bad big small high low long short"
    )
)

WEEKDAYS = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri"
    " sat sun"
)
MONTHS = word_set(
    "january february march april may june july august september october november december jan"
    " feb mar apr jun jul aug sep sept oct nov dec"
)

#: Before a name: what the person is.
TITLES = word_set(
    "president premier chancellor king queen prince princess emperor pope cardinal archbishop"
    " bishop imam rabbi pastor reverend minister secretary ambassador governor senator"
    " representative congressman congresswoman lawmaker mayor councillor councilor alderman deputy"
    " mp mep speaker chairman chairwoman chairperson chair chief director head leader boss manager"
    " executive officer commissioner commander general colonel major captain lieutenant sergeant"
    " corporal private admiral marshal brigadier constable inspector superintendent detective"
    " sheriff prosecutor attorney judge justice magistrate coroner lawyer solicitor barrister"
    " professor doctor dr prof mr mrs ms miss mx sir dame lord lady madam madame rev fr sr gen col"
    " lt sgt capt cpl adm cmdr maj brig sen rep gov hon spokesman spokeswoman spokesperson coach"
    " trainer striker midfielder defender goalkeeper forward winger batsman bowler sprinter"
    " swimmer runner champion player skipper actor actress singer author writer novelist poet"
    " artist producer musician scientist researcher seismologist geologist astronomer biologist"
    " chemist physicist epidemiologist economist analyst strategist historian engineer architect"
    " meteorologist forecaster hydrologist volcanologist nurse surgeon physician paramedic"
    " firefighter farmer teacher headteacher principal student pupil driver pilot fisherman"
    " fisherwoman shopkeeper trader banker investor entrepreneur founder co-founder owner tycoon"
    " billionaire activist campaigner organiser organizer negotiator mediator arbitrator adviser"
    " advisor aide envoy diplomat expert specialist resident survivor witness worker volunteer"
    " foreman forewoman apprentice treasurer auditor curator conductor composer designer developer"
    " editor correspondent reporter journalist columnist broadcaster presenter lecturer dean"
    " rector provost vicar parishioner widow widower mother father brother sister son daughter"
    " uncle aunt cousin grandmother grandfather wife husband partner neighbour neighbor friend"
    " colleague critic opponent rival challenger incumbent candidate nominee successor predecessor"
    " ombudsman regulator watchdog trustee whip president-elect vice-president vice-chancellor"
    " vice-chairman undersecretary under-secretary secretary-general director-general"
    " attorney-general major-general prefect advocate mla mlc councilwoman councilman sheikh"
    " ayatollah maulana landowner shareholder sculptor painter builder lifeguard guitarist drummer"
    " trumpeter pianist det insp supt pc dci substitute teammate dissident preacher publisher"
    " boxer cyclist golfer jockey rider cricketer footballer racer keeper batter all-rounder"
    " referee umpire selector seamer spinner"
)
#: These look like occupations ("-er", "-ian") at the head of a sentence and are not.
NO_OCCUPATIONS = word_set(
    "peter walter roger christopher alexander oliver victor hector trevor igor spencer tyler"
    " hunter parker carter cooper jennifer heather esther amber homer luther xavier javier olivier"
    " rainer werner dieter asher chandler skyler salvador eleanor taylor connor conor julian"
    " adrian sebastian christian brian vivian lillian marian dorian damian norman herman roman"
    " hannan winter summer river baker fisher harper piper ginger pepper lester chester buster"
    " denver cristian fabian florian kilian maximilian cyprian balthazar casper kasper jasper"
    " meyer kader nader yasser abdelkader sander iker gunter gunther ulster manchester leicester"
    " gloucester worcester lancaster doncaster rochester winchester westminster vancouver hanover"
    " dover easter november october december september senior upper lower outer inner greater"
    " former premier super southern northern eastern western german persian iranian italian"
    " russian ukrainian indian canadian australian austrian belgian norwegian brazilian egyptian"
    " hungarian bulgarian romanian serbian syrian nigerian palestinian asian"
)
#: Capitalized words that alone name neither a person nor a body nor a place.
NO_NAMES = word_set(
    "internet covid covid-19 opposition earth sun bc ad gdp ceo cfo dna tv pm mp mps gps ai hiv"
    " aids hq vat christmas easter ramadan god sir"
)
#: Dropped from a role: they say how to address someone, not what they are.
HONORIFICS = word_set("mr mrs ms miss mx dr prof sir dame lord lady madam madame rev")
#: May stand between a title and what it is of, or before a title.
TITLE_MODIFIERS = word_set(
    "deputy vice acting interim former late assistant associate senior junior chief lead first"
    " second third outgoing incoming newly-elected prime foreign defence defense interior finance"
    " health education justice transport transportation energy environment agriculture trade"
    " labour labor home economy culture sports opposition party union club team council state"
    " federal national regional local provincial district county city town village police fire"
    " army navy air force coast guard executive managing general financial operating technical"
    " medical head principal staff special british works duty crown high supreme appeal attorney"
    " world olympic reigning defending two-time three-time veteran star record research project"
    " campaign company group press media"
)

#: A capitalized name with one of these is an organization.
ORGANIZATION_WORDS = word_set(
    "ministry department agency agencies commission council court tribunal bank university"
    " college school academy institute institution party union company corporation corp inc ltd"
    " limited llc llp plc gmbh ag sa spa nv bv oy ab as se group holdings holding partners"
    " association authority police constabulary army navy force forces guard hospital clinic club"
    " fc cf afc rfc cc federation confederation organization organisation office service services"
    " board bureau parliament senate congress house assembly cabinet government committee"
    " foundation airlines airways airline railways railway rail motors energy electric power gas"
    " oil steel pharmaceuticals pharma technologies technology systems software networks media"
    " news times post herald tribune gazette telegraph courier broadcasting television tv radio"
    " press society trust fund alliance coalition movement front brigade brigades league"
    " cooperative co-operative coop laboratory laboratories labs observatory museum gallery"
    " theatre theater orchestra church diocese synod secretariat administration chamber exchange"
    " regulator ombudsman watchdog network centre center insurance bancorp capital securities"
    " ventures industries industrial manufacturing mining minerals construction engineering"
    " logistics shipping lines stores retail foods brewery breweries hotels resorts studios"
    " entertainment records pictures games united rovers athletic wanderers albion jury"
    " inspectorate directorate guild banco banque banca bankhaus registry consortium syndicate"
    " initiative programme program nations taskforce"
)
#: A lower-case noun right before a name, or after it in apposition, that tells its kind.
ORGANIZATION_NOUNS = word_set(
    "company firm group maker manufacturer builder producer supplier retailer operator developer"
    " publisher broadcaster newspaper magazine agency charity union party bank lender insurer"
    " brewer airline carrier airport utility regulator watchdog body organisation organization"
    " nonprofit ngo startup start-up giant rival subsidiary parent competitor owner consultancy"
    " brokerage club team side outfit federation association foundation institute think-tank"
    " university college school hospital militia faction brand chain platform network channel"
    " daily weekly conglomerate contractor website app service"
)
#: A capitalized name with one of these is a place.
PLACE_WORDS = word_set(
    "valley island islands isle river lake sea ocean bay gulf strait channel cape mount mountain"
    " mountains peak hill hills desert forest peninsula coast province county district region"
    " state territory prefecture oblast canton municipality borough parish city town village"
    " street road avenue lane square park bridge airport port harbour harbor beach quay pier"
    " stadium arena ground grounds oval plaza station terminal highway motorway canyon plateau"
    " delta basin reservoir dam falls glacier volcano crater archipelago heights republic kingdom"
    " emirates junction garden gardens cathedral basilica tower castle palace campus quarry mine"
    " field fields lagoon creek cove inlet ridge reef estuary marsh moor north south east west"
    " northern southern eastern western central"
)
#: Words of direction that open a place's name but do not make one.
DIRECTIONS = word_set(
    "north south east west northern southern eastern western central northeast northwest"
    " southeast southwest northeastern northwestern southeastern southwestern upper lower"
    " north-east north-west south-east south-west north-eastern north-western south-eastern"
    " south-western mid inner outer greater"
)
#: Between capitalized words of one name, after a word that takes them.
OF_NAMES = word_set(
    "ministry department university bank court council institute office bureau board house"
    " chamber church gulf bay republic kingdom state states isle city association federation"
    " society academy college museum secretary minister agency commission committee school league"
    " organization organisation union confederation congress cathedral strait cape director"
    " tribunal authority centre center duke duchess prince princess queen king archbishop bishop"
    " foundation fund service movement party front alliance"
)
PARTICLES = word_set(
    "de da do dos das del della di du la le van von der den ter bin ibn al el y e abu ben st"
)

#: Before a place's own name: "Lake X", "Port X".
PLACE_HEADS = word_set(
    "lake mount port fort cape gulf bay isle river strait san santa st saint los las new co"
    " county north south east west northern southern eastern western central great little"
)
#: A sports club's name may end so; "Ashford Town" is one, or a town.
CLUB_WORDS = word_set(
    "town city county united rovers wanderers athletic albion forest palace villa rangers"
)
SPORTS_TITLES = word_set(
    "captain coach manager fans players supporters striker goalkeeper defender midfielder batsman"
    " batter bowler opener skipper side squad"
)
#: Titles whose holders act by office when something happens.
OFFICES = word_set(
    "president premier chancellor king queen prince princess emperor pope cardinal archbishop"
    " bishop imam minister secretary ambassador governor senator representative congressman"
    " congresswoman mayor councillor deputy mp mep speaker chairman chairwoman chairperson chair"
    " chief director head leader executive commissioner commander general colonel major captain"
    " lieutenant admiral inspector superintendent sheriff prosecutor attorney judge justice"
    " magistrate coroner officer prefect constable coach manager principal envoy regulator"
    " mediator arbitrator gov gen sen"
)
#: Whose someone is: no office.
KIN = word_set(
    "mother father brother sister son daughter wife husband widow widower partner parents family"
    " uncle aunt cousin grandmother grandfather friend neighbour neighbor colleague lawyer"
    " solicitor"
)
#: People named as a group by what they are.
GROUP_NOUNS = word_set(
    "people residents protesters protestors demonstrators marchers rescuers firefighters officers"
    " officials workers employees staff crews crew miners nurses doctors medics paramedics"
    " teachers students pupils passengers commuters tourists visitors travellers travelers"
    " migrants refugees villagers townspeople islanders farmers fishermen fishers sailors"
    " seafarers deckhands drivers truckers pilots soldiers troops militants rebels gunmen"
    " insurgents fighters suspects victims survivors casualties worshippers pilgrims shoppers"
    " customers consumers patients families relatives parents children men women boys girls"
    " teenagers voters lawmakers legislators mps senators ministers leaders delegates diplomats"
    " investors shareholders creditors owners tenants homeowners households activists campaigners"
    " supporters fans spectators players athletes runners climbers hikers divers scientists"
    " researchers engineers astronomers geologists archaeologists investigators prosecutors"
    " detectives police jurors jury inmates prisoners hostages volunteers cleaners cooks bakers"
    " dockers porters strikers members defendants judges contractors traders stallholders vendors"
    " shopkeepers growers producers unions councils communities neighbours neighbors bystanders"
    " witnesses evacuees boards directors regulators lenders banks authorities media organisers"
    " organizers executives managers couples users subscribers clients pensioners retirees herders"
    " conductors controllers technicians guards wardens keepers crewmembers civilians astronauts"
    " cosmonauts thieves robbers burglars attackers assailants hackers smugglers pirates"
    " dockworkers persons youths gendarmes firemen policemen policewomen servicemen troopers"
    " cadets recruits veterans"
)
#: Bodies named as a group, where the news itself is about them.
BODY_NOUNS = word_set(
    "hospitals schools companies firms airlines universities clubs teams factories mines museums"
    " governments parties unions courts retailers supermarkets carmakers ministries"
)
COUNTED = word_set(
    "hundreds thousands dozens scores tens millions several many some nearly almost about around"
    " roughly more fewer less than at least over up to an estimated approximately most all both"
    " two three four five six seven eight nine ten eleven twelve of the a"
)
