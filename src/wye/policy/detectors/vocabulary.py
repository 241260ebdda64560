"""Words that tell a name from what only looks like one.

Written by us, mostly from general knowledge; some came from what the development sets got wrong (docs/detect.md).

Why these lists suffice: a capital inside a sentence marks a name unless something explains it. What explains it is
finite and known beforehand (months, diseases named after people, drugs, studies, measures, demography); what is
a name is not. So the lists hold what is harmless, and the rest is found.
"""

import re

from wye.policy.detectors.everyday import EVERYDAY
from wye.policy.detectors.everyday import words as _words

TITLES = _words(
    "dr dra mr mrs ms miss mx prof professor sir madam lady lord rev reverend father sister fr hon judge capt captain col sgt lt"
    " nurse doctor doctora señor señora sr sra srta srita don doña d dña herr frau monsieur madame mme mlle signor signora sig dott dhr mevr herrn"
)
ROLES = _words("patient client customer resident member employee paciente cliente patientin patiente kunde")
"""What somebody is to who writes of them."""

OCCUPATIONS = _words(
    "accountant actor actress actuary administrator adviser advisor aide analyst anesthesiologist apprentice archaeologist architect archivist assembler assistant astronaut"
    " astronomer attendant auditor baker banker barber barista bartender biologist boilermaker bookkeeper broker butcher buyer captain cardiologist caretaker carpenter cashier"
    " chauffeur chef chemist choreographer cleaner clerk coach collector columnist commander composer conductor conservator consultant contractor controller cook coordinator"
    " coroner counselor counsellor courier curator custodian dancer dealer dentist dermatologist designer detective developer dietitian dispatcher distributor drafter driver"
    " economist editor educator electrician engineer epidemiologist estimator examiner farmer firefighter fisher florist foreman forester gardener geographer geologist glazier"
    " guard guide hairdresser handler historian housekeeper hygienist illustrator inspector installer instructor interpreter investigator janitor jeweler journalist laborer"
    " lawyer attorney lecturer librarian lieutenant lifeguard lobbyist locksmith logger machinist magistrate maid maintainer manager mason mathematician mechanic merchandiser"
    " merchant messenger meteorologist microbiologist midwife miner molder musician negotiator neurologist nurse nutritionist officer operator optician optometrist orderly"
    " painter paralegal paramedic pathologist pediatrician pharmacist phlebotomist photographer physician physicist physiotherapist pianist pilot planner plasterer plumber"
    " podiatrist policeman policewoman porter preparer presser principal printer processor producer professor programmer proofreader psychiatrist psychologist publicist radiographer"
    " radiologist ranger realtor receptionist recruiter referee registrar repairer reporter representative researcher roofer sailor salesman salesperson saleswoman scientist"
    " sculptor secretary sergeant sheriff singer sociologist soldier solicitor songwriter sorter specialist statistician steward stewardess stonemason stylist superintendent supervisor"
    " surgeon surveyor tailor teacher technician technologist telemarketer teller therapist trader trainer translator treasurer trucker tutor typist undertaker underwriter"
    " upholsterer urologist usher valet veterinarian waiter waitress warden watchman weaver webmaster welder woodworker worker writer zoologist"
    " abogado abogada arquitecto arquitecta camarero camarera carpintero cocinero cocinera conductor conductora contable enfermero enfermera fontanero ingeniero ingeniera"
    " maestro maestra mecánico médico médica periodista profesor profesora psicólogo psicóloga secretario secretaria soldado técnico técnica"
)
"""What somebody does for a living: the last word of it."""

OPENS = _words(
    "the a an this that my our your his her their for from to by with hello hi dear but if when as is was said i we he she it in on at el la los las un una"
)
"""What a sentence begins with before an occupation."""

RANKS = _words(
    "princess prince queen king duke duchess earl count countess baron baroness emperor empress reina rey príncipe princesa duque duquesa"
)
STYLES = _words(
    "royal mother father regent consort dowager elect emeritus madre regente consorte heredero heredera"
)
"""What follows a rank that is the only one of its kind: `the Queen Mother`."""
GREETINGS = _words(
    "hi hello hey dear thanks hola estimado estimada querido querida gentile egregio egregia caro cara cher chère lieber geachte prezado prezada"
)
"""What stands before the name of whom one writes to."""

ACRONYMS = _words("ada asa gerd gina jama")
"""What is harmless in capitals only: it is a given name otherwise."""

TITLE_NEEDS_DOT = _words(
    "d fr don col lt sister father nurse doctor miss sir lady lord judge captain madam professor hon"
)
"""Titles that are also words: they count when written with a capital."""

PARTICLES = _words(
    "de del la las los da das do dos di du van von der den ten ter zu zur al el bin ibn ben y e of the af av"
)

FUNCTION = _words(
    "a an the is are was were be been am do does did can could will would shall should may might must has"
    " have had if in on at of to for from with by as and or but not no what which who whom whose when"
    " where why how there here this that these those it its he she they we you i my your his her our their"
    " one some any all both each el la los las un una unos unas es son está que qué cuál cuáles cómo"
    " cuándo dónde quién por para con sin en de del al se su sus mi tu y o pero si hay"
)
"""Words that begin a sentence or join its parts, and are no part of a name."""

JOINING = _words(
    "of to but and or for with by from than that this these those is are was you your they their we our it its"
    " should never do does did has have had been be were could would how why what when who if in on at as not"
)
"""What joins words, and is written small within a sentence: capitals on it tell a headline."""
BRIDGES = _words("a an the of to in on")
"""What stays small in most headlines."""

ROMANCE = _words(
    "de la los las el en que y su mi un una por se lo del con para le les esta este hasta durante pero uno nada ella esa casa des du est une il di della che gli em uma os não soy es está"
    " et est pas avec pour dans sur au aux ce cette mon ma sa ne qui à vous nous je il elle sont été ont mais plus sans chez"
    " sono è ho ha non per alla dal dalla nel nella anche mia mio suo sua ed ma più al gli nato nata"
    " eu meu minha seu sua foi são às ao pela pelo mais com no na nos nas dos das também já"
    " nos notre votre vos leur leurs ou où quand quel quelle quels quelles cet ces ses mes tes depuis né née selon lors chez ainsi bien c'est j'ai d'une d'un l'on quoi"
    " avons avez êtes suis fait peut être très tout tous même comme aussi toujours hier demain aujourd'hui monsieur madame merci bonjour salut"
    " gli lo della dello degli delle dei nelle nei sulla sul sulle sui cui sono siamo hanno abbiamo era stato stata presso secondo dopo prima quando dove quale quali"
    " questo questa questi queste loro nostro nostra vostro vostra ci ti vi mi ho ieri oggi domani grazie prego gentile dal dai da"
    " em ao aos à pela pelos pelas num numa meus minhas seus suas nosso nossa este esta estes estas isso muito quando onde qual quais você tem foi está estão são já ontem hoje amanhã"
    " tú él nosotros nuestra nuestro nuestros nuestras sus hay fue según desde donde cuando muy hoy mañana ayer también estoy tengo tiene están"
    " het een van niet voor met zijn wordt naar bij ook heeft ik je mijn deze dit uw hij zij maar nog om aan uit dat zich hebben te er ons onze jouw mij jou hun haar werd worden kunt kun wilt graag volgens tussen sinds wat wie waar wanneer welke geen ook dit heer mevrouw"
)
"""Small words of languages that write nouns small and are not in the lexicon: Spanish and its sisters, Dutch."""

COMPANY = _words(
    "inc corp corporation ltd llc plc gmbh incorporated co bros company partners associates sl group ltda lda coop"
)
"""What a company ends with."""

NAMESAKES = (
    _words(
        "mann koch berg sommer winter herbst kaiser könig richter fischer schneider weber becker müller schmidt bauer hof vogel wolf fuchs stein feld bach wald busch baum kraft stark lang klein groß jung alt neu"
        " schwarz weiß braun grün roth gut reich frank engel graf herzog ritter jäger schäfer zimmermann maurer schreiner bäcker metzger arzt kaufmann hauptmann stadt dorf markt platz garten haus land see fluss ring tag abend sonntag freitag montag samstag"
        " probst papst bischof brand winkler walter horn zahn fuß kopf haupt hahn gans lamm löwe bär star sturm wind wetter nebel regen schnee frost glas ofen topf kern korn roggen weizen hafer gerste apfel nuss"
        " liebe lieb freund glück ernst wunder sorge zorn hass acker anger born brunn teich moor heide burg schloss turm thurn tor mauer bruch graben kamp krieg friede held sieger will may mai april august haber monat woche zeit uhr mutter vater bruder schwester sohn tochter kind como plano segundo"
    )
    | EVERYDAY
)
"""German everyday words that are also names: in a German text one alone is no name; nor is one that opens a sentence of another language."""

FEASTS = _words("day eve festival carnival")
"""What a holiday ends with."""

HEADS = _words(
    "disease diseases syndrome syndromes score scores scale scales criteria criterion classification class reflex sign signs test tests"
    " trial trials study studies stage staging grade grading index risk phenomenon palsy tumor tumour lymphoma sarcoma"
    " procedure maneuver manoeuvre technique operation method protocol protocols guideline guidelines diet law formula equation"
    " nodes node fracture dystrophy ataxia chorea anemia anaemia thyroiditis contracture esophagus ulcer gangrene hernia"
    " virus bacteria infection fever rash nodule nodules body bodies cell cells reaction triad pentad position"
    " catheter tube stent valve graft suture sutures incision flap screening questionnaire inventory interview scan stain"
    " vaccine vaccines vaccination therapy treatment treatments regimen findings data cohort model registry consensus recommendations statement"
    " recommendation update updates algorithm rule rules guidance standards certified certification category score-based level levels"
    " enfermedad síndrome escala criterios ensayo estudio prueba signo reflejo"
    " angina purpura colic paralysis goiter nerve artery vein canal island cirrhosis cancer carcinoma neuropathy encephalopathy arthritis nephropathy glomerulonephritis granulomatosis psychosis dementia"
    " ring rings sphincter duct gland murmur respiration breathing lines spots angle view system approach principle"
    " prize prizes award awards medal trophy cup marathon"
    " theorem theorems inequality inequalities conjecture lemma distribution transform paradox hypothesis cycle curve comma heap effect equations numbers sequence"
    " exercises exercise stockings bandage splint collar checklist tool calculator estimate prediction predictor"
)
"""A name before one of these is an eponym, a study or a standard: `Wells score`, `Graves' disease`, `GUSTO trial`."""

BEFORE_EPONYM = _words(
    "síndrome enfermedad signo escala maladie syndrome morbus criterios test prueba índice reflejo"
)
"""The same in languages that put the head first: `síndrome de Down`."""

EPONYMS = _words(
    "alzheimer parkinson parkinsonism hodgkin crohn huntington tourette asperger cushing addison graves hashimoto raynaud sjogren sjögren behcet behçet"
    " kawasaki wilson paget meniere ménière barrett bell guillain barre barré kaposi marfan down turner klinefelter ehlers danlos wegener wernicke korsakoff"
    " lewy lou gehrig charcot peyronie dupuytren fabry gaucher pompe hirschsprung kallmann kartagener takayasu wilms ewing burkitt brugada"
    " stevens johnson reye reiter felty caplan conn bartter gitelman fanconi alport goodpasture berger henoch schonlein schönlein"
    " chagas lyme hansen weil whipple tay sachs niemann pick duchenne becker steinert friedreich creutzfeldt jakob rett angelman prader willi"
    " noonan sturge weber zollinger ellison budd chiari gilbert mallory weiss boerhaave peutz jeghers lynch gardner"
    " babinski chaddock romberg trendelenburg phalen tinel murphy mcburney kernig brudzinski lachman homans hoffmann oppenheim gordon tinetti"
    " apgar glasgow ranson rutherford framingham wells gleason child pugh killip braden norton karnofsky ecog bishop nyha kellgren lawrence"
    " rankin barthel hamilton beck epworth mallampati cobb hunt hess fisher spetzler fontaine forrest bosniak breslow clark duke jones light centor ottawa"
    " papanicolaou pap gram ziehl neelsen mohs whitehall holter doppler foley swan ganz heimlich valsalva epley kegel lamaze cesarean caesarean"
    " mantoux schilling coombs snellen ishihara rorschach rinne allen schirmer schober finkelstein mcmurray dix hallpike"
    " bence ludwig bowen merkel hurthle hürthle bartholin baker colles smith galeazzi monteggia bennett salter harris"
    " kussmaul cheyne stokes biot roux billroth nissen ivor lewis hartmann fontan norwood blalock taussig glenn"
    " von willebrand recklinghausen hippel lindau gierke munchausen münchausen nightingale cochrane bayes kaplan meier"
    " epstein barr coxsackie norwalk marburg zika ebola hantaan hanta salmonella shigella listeria legionnaires legionella"
    " hepatitis mediterranean dash atkins ornish montreal sydney baltimore rome vienna paris milan berlin atlanta helsinki amsterdam lille chicago bristol tanner"
)
"""Whom diseases, signs, scores and devices are called after. Alone they count as names unless possessive or before a head."""

POSSESSIVE_EPONYMS = _words(
    "alzheimer parkinson hodgkin crohn huntington tourette asperger cushing addison hashimoto raynaud sjogren sjögren behcet behçet kawasaki"
    " meniere ménière kaposi wegener wernicke korsakoff lyme hirschsprung peyronie dupuytren kegel chagas gaucher fabry gehrig non-hodgkin parkinsonism"
    " babinski chaddock romberg trendelenburg phalen tinel gleason apgar glasgow framingham rutherford mallampati karnofsky barthel rorschach braden"
    " zika ebola duchenne marfan klinefelter guillain-barré guillain-barre ehlers-danlos epstein-barr stevens-johnson creutzfeldt-jakob"
    " brudzinski kernig killip child-pugh legionnaires salmonella shigella listeria papanicolaou doppler holter mohs coombs mantoux heimlich valsalva"
    " charcot-marie-tooth prader-willi tay-sachs zollinger-ellison budd-chiari mallory-weiss peutz-jeghers henoch-schönlein henoch-schonlein clostridium"
    " clostridioides escherichia staphylococcus streptococcus pseudomonas candida aspergillus mycobacterium helicobacter plasmodium toxoplasma"
    " mediterranean kellgren-lawrence cochrane bosniak hunt-hess kaplan-meier crohn’s"
)
"""Those that stand for the disease without a head and are rarely anybody's name."""

HARMLESS = _words(
    "betreff geburtsdatum vorname nachname rechnung bestellung kundennummer sehr geehrte geehrter anschrift aktenzeichen befund befunde"
    " kündigung vertrag vermieter mieter ansprechpartner ansprechpartnerin termin tochter sohn mutter vater nachbar nachbarn paket liste"
    " prénom courriel objet naissance facture dossier commande cordialement veuillez bien"
    " cognome indirizzo oggetto nascita fattura ordine che gentile cordiali saluti"
    " naam voornaam achternaam onderwerp geboortedatum factuur wat geachte groet groeten"
    " sobrenome endereço assunto nascimento fatura morada prezado prezada atenciosamente"
    " bitte danke hallo guten tag sie ihr ihre ihnen ihren der die das dem den ein eine einen ich wir herr wie was wer wo wann warum welche welcher welches"
    " hola gracias buenos buenas días tardes adiós usted ustedes bonjour merci bonsoir salut vous nous quel quelle quels quelles comment pourquoi"
    " monsieur buongiorno grazie ciao salve quali quale come perché olá oi obrigado obrigada bom boa você vocês quais qual por dank"
    " konto nummer telefon telefonnummer adresse datum patientin iban bic dni nie nif cif cpf cnpj cep nir nss bsn pesel nuss ssn npi itin dob mrn "
    "i ok okay tv id pin faq usa us uk eu un who cdc fda nih nice aha acc ada asco nccn acr esc kdigo gold gina dsm icd uspstf acog aap idsa"
    " english hiv aids copd covid gerd ckd ptsd adhd als ms mi dvt pe cad pad chf tb uti bmi ecg ekg mri ct pet icu er ed or iv im po prn bid tid qid"
    " medicare medicaid hipaa gdpr type stage class phase grade level"
    " botox viagra tylenol advil motrin aleve humira enbrel remicade stelara keytruda opdivo eliquis xarelto pradaxa coumadin plavix lipitor crestor"
    " zocor norvasc zestril cozaar diovan entresto lasix jardiance farxiga invokana ozempic wegovy mounjaro trulicity victoza januvia lantus humalog novolog"
    " synthroid prozac zoloft lexapro paxil celexa effexor cymbalta wellbutrin xanax ativan valium klonopin ambien seroquel zyprexa risperdal abilify"
    " lamictal depakote keppra dilantin neurontin lyrica topamax adderall ritalin concerta vyvanse nexium prilosec protonix zantac pepcid"
    " augmentin zithromax cipro levaquin bactrim flagyl paxlovid tamiflu valtrex truvada biktarvy prep shingrix gardasil prevnar pfizer moderna novavax"
    " dupixent xeljanz rinvoq otezla skyrizi cosentyx taltz prolia fosamax boniva evista herceptin avastin rituxan gleevec ibrance tagrisso lynparza"
    " singulair advair symbicort spiriva ventolin albuterol flonase claritin zyrtec allegra benadryl sudafed mucinex robitussin imodium"
    " aspirin warfarin heparin insulin metformin digoxin lithium ibuprofen naproxen acetaminophen paracetamol amiodarone spironolactone"
    " furosemide hydrochlorothiazide gabapentin pregabalin methotrexate tramadol morphine oxycodone fentanyl levothyroxine allopurinol"
    " colchicine prednisone dexamethasone tamoxifen letrozole carboplatin cisplatin paclitaxel docetaxel clopidogrel ticagrelor rivaroxaban"
    " apixaban dabigatran edoxaban nitroglycerin carvedilol donepezil memantine levodopa carbidopa baclofen melatonin semaglutide liraglutide"
    " tirzepatide dulaglutide exenatide lamotrigine carbamazepine phenytoin valproate levetiracetam topiramate bupropion sertraline fluoxetine"
    " paroxetine citalopram escitalopram venlafaxine duloxetine mirtazapine trazodone buspirone quetiapine olanzapine risperidone aripiprazole"
    " clozapine haloperidol lorazepam diazepam clonazepam alprazolam zolpidem methylphenidate ezetimibe gemfibrozil fenofibrate niacin"
    " hydroxychloroquine sulfasalazine azathioprine mycophenolate tacrolimus cyclosporine leflunomide remdesivir oseltamivir ivermectin"
    " pls rxn rxns vx jama nejm lancet bmj medline embase mrna dna rna tx rx hx dx sx fx mgmt mgnt pt pts yo wbc rbc hba nsaid nsaids ssri ssris ace arb arbs lvef hfref hfpef nstemi stemi afib pcp ob gyn npo ros hpi soap cc"
    " ua ekgs snf ltc ems asa cbc cmp bmp inr ldl hdl bp hr rr sob htn dm hl cabg pci ppi ppis gi gu cns ent ra sle ibs ibd cf ptt tsh psa hpv hbv hcv hsv rsv"
    " google microsoft apple amazon facebook twitter youtube instagram whatsapp linkedin netflix python java javascript linux windows github openai chatgpt"
    " remitente destinatario dirección ciudad nombre apellido apellidos teléfono correo fecha asunto población provincia país código localidad vivo vivimos tengo soy"
    " celsius fahrenheit mars jupiter saturn uranus neptune mellitus"
    " webpack babel react django flask kafka rabbitmq terraform ansible pytorch tensorflow numpy pandas jupyter node npm typescript kotlin scala haskell erlang elixir"
    " golang laravel symfony vue svelte nginx apache grafana prometheus gitlab bitbucket jira confluence slack trello notion figma photoshop gmail"
    " outlook chrome firefox safari ubuntu debian fedora macos bash zsh vim emacs git mongodb elasticsearch snowflake databricks spark hadoop airflow azure aws gcp"
    " dockerfile makefile readme markdown latex vlookup unicode ascii regex bluetooth wifi ethernet wordpress shopify stripe paypal zoom skype"
    " mom mum mama dad daddy mommy grandma grandpa granny aunt auntie uncle"
    " str varchar bool const async stdout stdin internet wikipedia android iphone excel powerpoint kubernetes docker postgres postgresql mysql redis json xml html http https api url sql"
    " god devil bible christmas easter halloween ramadan thanksgiving earth sun moon"
    " monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december"
)
"""What carries a capital, or capitals, and names nobody."""

GROUPS = _words(
    "hispanic latino latina latinx asian african caucasian american native black white jewish muslim christian catholic hindu buddhist arab arabic european"
    " english british scottish welsh irish french german italian spanish portuguese dutch belgian swiss austrian swedish norwegian danish finnish"
    " icelandic polish czech slovak slovenian slovene croatian serbian bosnian hungarian romanian bulgarian greek turkish russian ukrainian estonian"
    " latvian lithuanian chechen georgian armenian israeli lebanese syrian iraqi iranian persian saudi egyptian moroccan algerian tunisian libyan"
    " nigerian kenyan ethiopian ghanaian somali sudanese ugandan congolese cameroonian senegalese zimbabwean chinese japanese korean taiwanese"
    " thai vietnamese cambodian laotian burmese filipino indonesian malaysian singaporean indian pakistani bangladeshi nepali nepalese afghan uzbek kazakh mongolian"
    " mexican cuban dominican haitian jamaican colombian venezuelan ecuadorian peruvian bolivian chilean argentine argentinian uruguayan paraguayan"
    " brazilian guatemalan honduran salvadoran nicaraguan panamanian canadian australian bruneian belizean belizian greenlander greenlandic cypriot maltese"
    " hebrew hindi urdu bengali tamil swahili catalan basque galician yiddish luxembourgish macedonian albanian belarusian moldovan kyrgyz tajik turkmen caribbean pacific islander ashkenazi latin sikh mormon protestant"
)

LANGUAGES = _words(
    "english welsh irish french german italian spanish portuguese dutch swedish norwegian danish finnish icelandic polish czech slovak slovenian croatian"
    " serbian bosnian hungarian romanian bulgarian greek turkish russian ukrainian estonian latvian lithuanian georgian armenian arabic persian somali chinese"
    " japanese korean thai vietnamese indonesian burmese nepali mongolian latin albanian catalan hebrew hindi urdu bengali tamil swahili"
)
"""Those that are named as their people are, and some more."""

REGIONS = _words(
    "afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain bangladesh barbados belarus belgium belize"
    " bolivia botswana brazil brunei bulgaria cambodia cameroon canada chile china colombia croatia cuba cyprus czechia denmark ecuador egypt"
    " england estonia ethiopia finland france germany ghana greece greenland guatemala haiti honduras hungary iceland india indonesia iran iraq ireland israel"
    " italy jamaica japan kazakhstan kenya kuwait laos latvia lebanon liberia libya liechtenstein lithuania luxembourg malaysia malta mexico"
    " moldova monaco mongolia montenegro morocco mozambique myanmar namibia nepal netherlands nicaragua nigeria norway oman pakistan panama paraguay peru"
    " philippines poland portugal qatar romania russia rwanda scotland senegal serbia singapore slovakia slovenia somalia spain sudan sweden"
    " switzerland syria taiwan tanzania thailand tunisia turkey uganda ukraine uruguay uzbekistan venezuela vietnam wales yemen zambia zimbabwe europe africa asia"
    " deutschland österreich schweiz frankreich italien spanien niederlande belgien polen türkei nederland belgië duitsland frankrijk italië spanje oostenrijk zwitserland allemagne espagne italie suisse belgique"
    " autriche pays-bas germania spagna svizzera francia belgio paesi-bassi alemanha frança espanha itália suíça brasil bélgica holanda suiza grecia"
    " america españa méxico perú francia alemania italia reino states kingdom republic zealand"
)
"""Countries and larger: the safe harbor lets a state or more stand."""

BEFORE_REGION = _words("south north united new saudi czech costa el sri")
"""First words of countries."""

EXPLAINED = HARMLESS | EPONYMS | HEADS | GROUPS | FUNCTION
"""Whatever a model says, no name."""

CARRIERS = _words("van air bus cruise shipping freight truck ferry rail motor")
"""Whose lines are no lines on a nail: `Van Lines`."""

FACILITIES = _words(
    "hospital hosp clinic center centre ctr med medical memorial hospice pharmacy university college school institute institution infirmary sanatorium ward"
    " practice church bank office offices department laboratory labs lab rehab rehabilitation surgery health healthcare care er ed icu va facility house home"
    " academy foundation corporation corp inc incorporated ltd llc plc gmbh ag sa sl slu company co group partners associates holdings industries bros sons"
    " solutions systems software technologies ventures investments motors airlines insurance services club hotel restaurant library museum stadium logistics movers carriers"
    " clínica centro sanitario universidad instituto colegio farmacia residencia ambulatorio consultorio fundación banco empresa ayuntamiento"
    " klinik klinikum krankenhaus spital hôpital clinique ospedale universitätsklinikum universitätsklinik uniklinik kreiskrankenhaus stadtkrankenhaus marienhospital"
    " pflegeheim seniorenheim praxis gemeinschaftspraxis chu chru ehpad policlinico policlínica ziekenhuis umc umcg mc verpleeghuis praktijk stichting stiftung"
)
TRADES = _words(
    "software systems solutions services service technologies office offices health healthcare care medical med group home house club"
)
"""Those that stand within what somebody does, too: `Software Engineer`."""
ORDINARY = _words(
    "manager managers director officer engineer developer developers assistant analyst consultant member members representative specialist coordinator administrator supervisor"
    " intern agent agents public card cards form forms report reports agreement contract policy statement account accounts number numbers date address service services sale sales"
    " science sciences studies class test tests exam order orders case cases code codes act bill tax license licence permit certificate degree diploma will testament deed"
    " guide manual handbook list page pages table tables sheet chart section chapter appendix part paragraph clause article question questions answer answers"
    " soup pie cake salad sauce bread jacket jackets shoes war ages age century night morning afternoon evening weekend season phone email website"
)
"""What ends the name of a thing, a trade or a paper: `Balance Sheet`, `Project Manager`."""
KIN = _words("family families household brothers sisters twins estate couple residence foundation clan")
"""Whom a family's name stands before."""
UNFILLED = _words(
    "none unknown yes no n/a na tbd null any all other same string text varchar integer int required optional ninguno ninguna desconocido desconocida"
)
"""What stands in a field of a form that names nothing."""
MEASURES = _words(
    "mg mcg ml dl kg g lb lbs oz cm mm km iu meq mmol mmhg bpm x times am pm hz khz mhz ghz kb mb gb tb kw kwh eur usd gbp px pt vs v versus a y o und et e"
    " uhr euros dollars pages años meses días horas veces mil"
)
"""What stands between two figures that are no address."""
LETTER = _words(
    "regards wishes sincerely truly faithfully thanks thank cheers dear hi hello address name billing shipping delivery sender recipient contact"
    " saludo saludos atentamente cordialmente gracias estimado estimada hola dirección nombre envío facturación remitente destinatario"
    " please send deliver ship write visit"
)
"""What stands on lines beside an address and is no part of it."""
LOCATING = _words("at from in near outside visiting visited to through by via en desde into around of")
"""What stands before a place, or before a house."""

LEADING = _words("at from in to near by en de the our el la outside visiting visited visit")
"""The last words of what says that a place follows."""

SEEN = re.compile(
    r"(?:seen|admitted|treated|operated|evaluated|referred|transferred|discharged|visit(?:s|ed|ing)?|hospitali[sz]ed|diagnosed|presented|presenting|follow(?:ed|-up|up)?|check-?up|check-?in|consult(?:ed|ation)?"
    r"|scheduled|appointment|surgery|therapy|care|examined|assessed|enrolled|monitored|staying|lives?|living|lived|born|raised|grew up|moved(?: here)?|moving|works?|working|employed|located|resid(?:es|ing|ed)|based|originally|patient|practice|meet(?:ing)?(?: \w+)?|treatment|attends?|attending|attended|ingresad[oa]|atendid[oa]|vive|nacid[oa])"
    r"(?:\s+(?:here|back|again|up|recently|last|out|over|is|was|also|being))?\s+(?:at|from|in|to|near|by|en|de)\s+(?:the\s+|our\s+|el\s+|la\s+)?$",
)
"""What says that a place follows."""

HOME = re.compile(
    r"(?:lives?|living|lived|born|raised|grew up|moved(?: here)?|moving|based|located|resid(?:es|ing|ed)|originally|come|from the city|vive|nacid[oa])\s+(?:in|at|from|near|to|en|de)\s+(?:the\s+)?$",
)
"""What says so even of a word in small letters."""

EMPLOYERS = _words(
    "ceo cfo cto coo founder founders co-founder cofounder owner owners president chairman chairwoman chairperson chair partner partners spokesman spokeswoman"
    " spokesperson shares subsidiary customer customers client clients employee employees division behalf board headquarters office offices shareholders"
    " investors acquisition takeover engineer engineers analyst analysts manager managers director directora gerente work works worked working intern interned payable partnered partnering partnership contract contracts"
    " job jobs position positions employed hired acquired founded trabajo trabaja trabajaba empleado empleada"
)
"""What stands before `of`, `at`, `for` and a house that somebody works for, or owns."""

OF = _words("of at for with by to en de para")
JOINED = _words(
    "joined joining contacting contacted acquire acquires acquired acquiring founded cofounded co-founded"
)
"""What one does with a house."""

HOUSES = _words(
    "company firm startup start-up agency brand band supplier vendor employer competitor charity empresa"
)
"""What a house is: `the firm X`, `my employer is X`."""

NAMES = _words("is was called named es")
POSTS = _words(
    "manager director engineer officer analyst consultant president founder ceo cto cfo coo partner assistant representative"
    " sales marketing finance engineering operations research product design"
)
"""What ends the line of a post: `Head of Sales, X`."""

EMPLOYED_BY = OF | JOINED | HOUSES | NAMES | POSTS | {"join"}
"""What stands before the name of a house in all of these."""

OWNED = _words(
    "account accounts customer customers subscription subscriber app membership branch store stores employee employees shareholder shareholders headquarters website"
)
"""What stands behind the name of a house in small letters."""

CHIEFS = _words(
    "ceo cfo cto coo founder founders cofounder president chairman chairwoman chair chief spokesman spokeswoman spokesperson shareholders headquarters"
)
"""Whom a company has."""

HEADED = _words(
    "head vp minister ministry secretary department dean professor bachelor master doctor faculty school"
)
"""Before `of`: what follows is a trade or a house's part."""

CALLED = _words(
    "aliyah angelica barney bobby bowman bowers brad brogan celesta charlie chuck clementine colleen derrick dick don drake drew earl eddy ester"
    " felicity fritz garner garret gene gillie graham griffin harry heather hector henna homer hoover jack jasmine jasper jean jenny jimmy joey john johnny josh"
    " julienne julius kaiser ken lacy laurel lee leonard levy lilo lily lisle lola loris luke mac magnolia maria marina margarita marge marlin marques martin meg"
    " mercer mick mickey mike molly myrtle napoleon nelson nick noel norman otto percy peter phoebe pol randy ralph rex rhea rick rob robin rod roger rogers romeo"
    " rosemary ruby sally sander sanders sandy sean serge sheila shelby sherry sibyl sienna stein sterling sue sylvan ted teddy terry tilda timothy toby tom tommy tony"
    " trinity troy valentine vera veronica victor viola waldo walker wally wellington wendell wesley wilder woody wright"
    " armstrong bennett brooks collins coleman cooper crawford daniels dixon edwards emery fuller gardner garland goldman harding harmon hodges holmes hopper hooper"
    " hudson huffman jennings jenner keller kellogg kendrick kirby lambert lawson leach mathews mathis meyers morrow nash newman parson parsons peters pickett pitman"
    " powers ramsey reeves richards roach robbins sawyer sears sellers shearer simmons snider sparks stiles stokes stubbs summers sutton swain swan sweeney tate tuttle"
    " tyler vick wallace waller ware waters watkins weaver webber whiting wilkes winslow womack woodruff wooten"
)
"""Words, but with a capital somebody's name first."""

PERSONAL = _words(
    "amber angel ash ashley aspen bailey baker banks bell berry bill bishop blake bob brandy brook brown buck bud buddy burns bush butch butler cannon"
    " carol carter chad chandler chase chip clay cliff cole colt cook crystal daisy dale dean deb dee dwight faith fern fielding fisher fleet flint flora"
    " ford foster fowler fox frank freeman gale gary gay glen grace grant graves gray grove guy hale hall hank hardy harper hart hayes hays hazel heath herb"
    " hill holly hope hunt hunter iris ivy jay jewel jill jo joe joy judy junior kay kelvin kent king kip kit kitty knight lance lane lark lea levi lincoln"
    " lyric mace madden manning marion mark marsh marshal marshall mason mat matt matthew melody miles mill miller mills mitch moody moore nat ned newt nick"
    " norris paisley palmer parker parks pat patsy patty penny perry phil pierce piper poppy porter potter raven ray reed reid rich rocky rose roy russ"
    " rusty sadie sawyer scot scott shay shepherd sim singer skip skye smith sonny spears spencer stew stone tanner taylor tiffany tim todd tracy travis"
    " trey tucker turner tyler van vance vaughn vince violet wade ward warren webb webster wells wheeler will willow winston wolf wolfe wood woods worth"
    " yale"
)
"""Words that are names too, and without an article nothing but a name: `Rose has asthma`."""

PERSON_IS = _words(
    "is was has had will would does did can could should may might must isn't wasn't hasn't hadn't won't wouldn't doesn't didn't can't couldn't"
    " seems seemed became gets got keeps kept"
)
"""What follows who is somebody, or a thing that needs an article."""

THEIRS = _words(
    "wife husband mother father mom dad son daughter brother sister parents family partner girlfriend boyfriend fiancé fiancée killer killers birthday funeral death widow lawyer"
    " attorney doctor boss assistant salary diagnosis medication surgery room"
)
"""Whose a person only has."""

NO_PERSON = _words(
    "author baby boss captain child colonel deacon doctor doc driver father friend gal general girl governor guy host infant innocent judge king lady lawyer lassie"
    " laddie male man mentor messiah minister minor mother nurse nurser parent partner patient pope prince princess queen senator server sister son steward student"
    " teacher tutor woman women men everyone nobody somebody media council forum eider unknown unnamed else"
)
"""Who does what persons do and has no name by that: `Doctor said`."""

TELLING = _words("tell told ask asked remind text email invite thank")
"""What one does to somebody who has a name."""

STAYS = re.compile(
    r"\b(?:at|(?:admitted|transferred|referred|grew up|lives|born|clinic|hospital|office|practice) (?:to|in)|from|near|outside|visit(?:ing|ed)?)\s+(?:the\s+|our\s+)?$",
)
"""What says so of an acronym: `at UCSF`."""

NAMING = re.compile(
    r"(?:\bname(?:'s|’s)?(?: is|:| was)?|called|named|nombre(?: es|:)?|me llamo|se llama|llamad[oa]|paciente:?|patient:?|pt:?|pt name:?|mi nombre es|signed(?: by)?,?|(?:follow(?:ed|ing)?[ -]up|spoke|speak|talk(?:ed)?|met|meet|meeting|appointment|seen|visit|consult(?:ed|ation)?) (?:with|by)"
    r"|under|user:|son of|daughter of|hijo de|hija de|wife|husband|mother|father|brother|sister|gender of|regards,?|thanks,?|dear|hi|hello|attn:?|contact:|i'm|i am|this is|ich heiße|je m'appelle)\s+$",
)
"""What says that somebody's name follows, however it is written."""

NAMED_BY = tuple(
    _words(
        "name name's name’s is was : called named es llamo llama llamado llamada paciente patient pt signed by , with under of wife husband mother"
        " father brother sister regards thanks dear hi hello attn i'm am heiße m'appelle"
    )
)
"""How the words of `NAMING` end: an expression that looks back costs more than a look at the last word."""

SAYING = _words(
    "said says shouted told asked replied answered began lives lived works worked called wrote died flew listed loves likes hates wants needs thinks knows forgot bought sold diagnosed born hired fired arrested scored played won moved studied grew himself herself whispered retired married visited explained"
    " takes took feels felt reports reported complains complained presents presented weighs smokes smoked drinks drank denies denied underwent receives received suffers suffered"
    " came went gave tells eats sleeps slept walks walked talks talked sees saw left stayed returned attended tried refuses refused prefers preferred"
    " turned celebrates celebrated drove plays sings cries cried laughed remembers met owes owns rents lent texted emailed phoned signed graduated emigrated"
)
"""What only a person does: a word that is also a name is one before it."""
