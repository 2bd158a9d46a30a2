"""What is known of names, companies and mail hosts before any data is seen: data, no code.

Short forms join people who are one ("Bob", "Robert"); legal forms say nothing about which company
it is; addresses at a mail provider say nothing about where somebody works.
"""

_SHORT_FORMS = """
abigail abby gail
albert al bert bertie albrecht
alexander alex sandy sascha xander aleksander alejandro alessandro
alexandra alex sandra sandy sascha
alfred fred alf alfie
amanda mandy
andrew andy drew andreas andre andrej
angela angie
ann anne anna annie anita
anthony tony toni anton antonio
arthur art
barbara barb babs barbie
benjamin ben benny benji
bernard bernie bernhard bernd
bridget bridie biddy
carl karl carlos carlo charles charlie chuck chas
caroline carol carrie
catherine katherine kathryn catharine kate katie kathy cathy kitty kat katarina katharina kathrin
christian chris
christina christine chris tina kristina christel
christopher chris topher kit christoph
cynthia cindy
daniel dan danny
david dave davey
deborah debra deb debbie
dieter dietrich
dominic dom nick
donald don donny
dorothy dot dottie dolly dorothea dora
douglas doug
edward ed eddie ned ted teddy eduard eduardo
elizabeth elisabeth liz lizzie beth betty betsy eliza elsa lisa libby elise ellie isabel
emily em emma
eugene gene
florence flo flossie
frances fran fanny
francis frank francisco paco pancho franz
frederick fred freddy freddie rick fritz friedrich frederik
gabriel gabe
gabriela gaby gabi
george georgie georg jorge jurgen
gerald gerry jerry gerhard gerd
gregory greg
harold harry hal
heinrich heinz henry harry hank henri enrique
helen nell nellie helena ellen lena
jacob jake jack jakob
jacqueline jackie
james jim jimmy jamie
janet jan
jennifer jen jenny jenn
jessica jess jessie
johannes hans johann
john jack johnny jon
jonathan jon jonny
joseph joe joey josef jose pepe sepp
joshua josh
judith judy
kenneth ken kenny
kimberly kim
laurence lawrence larry lars lorenz
leonard len lenny leo
louis lewis lou ludwig luis
louise lou
magdalena lena magda
manuel manu manolo
manuela manu
margaret maggie meg peggy greta margarete gretchen rita margot
maria mary marie mia maja
martin marty
martha marta patty
matthew matt matty matthias mateo
maximilian max
michael mike mick mickey mikey micha michel miguel mikhail misha
michelle shelly
mohammed muhammad mohamed mohammad
nancy nan
natalie nat natasha
nathan nate nat nathaniel
nicholas nick nicky nico niklas klaus nikolaus nicolas
oliver ollie
pamela pam
patricia pat patty trish tricia
patrick pat paddy
paul paulo pablo
peter pete pedro pierre piotr
philip phillip phil
raymond ray
rebecca becky becca
richard rick ricky rich richie dick dickie ricardo
robert bob bobby rob robbie bert roberto
roger rodger
ronald ron ronnie
rudolf rudi rolf
russell russ
samantha sam sammy
samuel sam sammy
sarah sara sally sadie
sebastian seb basti
siegfried sigi
stanley stan
stephen steven steve stevie stefan stephan esteban
stephanie steph stefanie steffi
susan sue susie suzie susanne suzanne susanna
sylvia silvia
terence terry
teresa theresa terry tess tessa
theodore theo ted teddy theodor
thomas tom tommy tomas
timothy tim timmy
tobias toby
ulrich uli
ulrike uli
ursula uschi ulla
valentina val tina
valerie val
veronica ronnie vera
victor vic viktor
victoria vicky vicki tori
vincent vince vinny
virginia ginny ginger
walter walt wally
wilhelm willi willy william will bill billy liam guillermo guillaume
wolfgang wolf
zachary zach zack
"""


def _groups(lines: str) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(lines.split("\n")):
        for name in line.split():
            found.setdefault(name, set()).add(number)
    return {name: frozenset(groups) for name, groups in found.items()}


SHORT_FORMS = _groups(_SHORT_FORMS)
"""Given name → the groups it belongs to; two names of one group may be one person's."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LEGAL_FORMS = _words(
    """
    ab ag aktiengesellschaft and aps as asa bhd bv bvba co company corp corporation cv dac doo
    ead eg ek et eurl ev gbr gesellschaft gesmbh ggmbh gmbh holding holdings inc incorporated
    jsc kft kg kgaa kk limited llc llp lp ltd ltda ltee mbh nv ohg oo ooo oy oyj plc pllc pte
    pty pvt sa sarl sarlu sas sca scs sdn se sl slu snc sociedad societe sp spa spol sprl srl
    sro tbk the ug und y zoo zrt
    """
)
"""Words of a company's name that its kind and not it are called by, folded."""

TITLES = _words(
    """
    dame dipl dr esq frau herr ing madame mba md med miss mlle mme monsieur mr mrs ms mx nat phd
    prof professor rer rev senor senora sir sra
    """
)
"""Words around a name that people add and leave out. Jr, II and the like tell people apart: not here."""

PARTICLES = _words(
    """
    al bin da das de del della den der di do dos du el ibn la le van vom von zu zur
    """
)
"""Words inside surnames that people add and leave out."""

FREE_MAIL = _words(
    """
    126.com 163.com aim.com alice.it aol.com arcor.de att.net bellsouth.net bigpond.com
    bluewin.ch bol.com.br btinternet.com charter.net comcast.net cox.net daum.net earthlink.net
    email.com fastmail.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
    googlemail.com hanmail.net hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es
    hotmail.fr hotmail.it icloud.com inbox.ru interia.pl juno.com kpnmail.nl laposte.net
    libero.it list.ru live.co.uk live.com live.de live.fr live.nl mac.com mail.com mail.de
    mail.ru me.com mindspring.com msn.com naver.com ntlworld.com o2.pl onet.pl online.de
    optonline.net optusnet.com.au orange.fr outlook.com outlook.de outlook.es outlook.fr pm.me
    posteo.de proton.me protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com
    rogers.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com t-online.de
    talktalk.net telefonica.net telia.com terra.com.br tiscali.it tuta.com tutanota.com
    uol.com.br verizon.net virgilio.it virginmedia.com wanadoo.fr web.de wp.pl xtra.co.nz
    yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es
    yahoo.fr yahoo.it yandex.com yandex.ru ymail.com ziggo.nl
    """
)
"""Hosts where anybody may have an address."""
