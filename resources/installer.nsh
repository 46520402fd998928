; Offers Berth under "Open with" for archives. Whatever opens them by default goes on to do so.

!macro offerFor EXTENSION
  WriteRegNone SHELL_CONTEXT "Software\Classes\.${EXTENSION}\OpenWithProgids" "Berth.Archive"
!macroend

!macro offerNoMoreFor EXTENSION
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.${EXTENSION}\OpenWithProgids" "Berth.Archive"
!macroend

; SHCNE_ASSOCCHANGED: Explorer looks anew.
!macro tellExplorer
  System::Call "shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)"
!macroend

!macro customInstall
  WriteRegStr SHELL_CONTEXT "Software\Classes\Berth.Archive" "" "Container image archive"
  WriteRegStr SHELL_CONTEXT "Software\Classes\Berth.Archive\DefaultIcon" "" "$appExe,0"
  WriteRegStr SHELL_CONTEXT "Software\Classes\Berth.Archive\shell\open\command" "" '"$appExe" "%1"'
  !insertmacro offerFor "tar"
  !insertmacro offerFor "tgz"
  !insertmacro offerFor "gz"
  !insertmacro offerFor "tzst"
  !insertmacro offerFor "zst"
  !insertmacro tellExplorer
!macroend

!macro customUnInstall
  DeleteRegKey SHELL_CONTEXT "Software\Classes\Berth.Archive"
  !insertmacro offerNoMoreFor "tar"
  !insertmacro offerNoMoreFor "tgz"
  !insertmacro offerNoMoreFor "gz"
  !insertmacro offerNoMoreFor "tzst"
  !insertmacro offerNoMoreFor "zst"
  !insertmacro tellExplorer
!macroend
