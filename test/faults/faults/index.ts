/** Every fault, one line each. */
import { cutApiServer } from "./cutapiserver.ts";
import { cutClients } from "./cutclients.ts";
import { cutPower } from "./cutpower.ts";
import { cutServer } from "./cutserver.ts";
import { cutStandby } from "./cutstandby.ts";
import { cutStore } from "./cutstore.ts";
import { damageFiles } from "./damagefiles.ts";
import type { Fault } from "./fault.ts";
import { fullDisk, fullDisks } from "./fulldisk.ts";
import { jumpClock } from "./jumpclock.ts";
import { killAll } from "./killall.ts";
import { killApiServer } from "./killapiserver.ts";
import { killBoth } from "./killboth.ts";
import { killServer } from "./killserver.ts";
import { killStandby } from "./killstandby.ts";
import { killStore } from "./killstore.ts";
import { pauseApiServer } from "./pauseapiserver.ts";
import { pauseServer } from "./pauseserver.ts";
import { pauseStandby } from "./pausestandby.ts";
import { pauseStore } from "./pausestore.ts";
import { severLinks } from "./severlinks.ts";
import { slowDisk } from "./slowdisk.ts";
import { slowLinks } from "./slowlinks.ts";
import { stopServer } from "./stopserver.ts";
import { stopStore } from "./stopstore.ts";

export const faults: readonly Fault[] = [
  killStore,
  pauseStore,
  stopStore,
  killStandby,
  pauseStandby,
  killServer,
  stopServer,
  pauseServer,
  killBoth,
  killAll,
  killApiServer,
  pauseApiServer,
  cutApiServer,
  cutStore,
  cutStandby,
  cutClients,
  severLinks,
  slowLinks,
  cutServer,
  slowDisk,
  fullDisk,
  fullDisks,
  cutPower,
  damageFiles,
  jumpClock,
];
